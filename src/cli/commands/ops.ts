/** `llmc ops`: the operators llmc knows and what it can do with each. */
import { axesText, halfText } from '../../ops/reference.ts';
import type { OpSpec } from '../../ops/spec.ts';
import { type Ability, supportOf } from '../../ops/support.ts';
import { operators } from '../../ops/table.ts';
import { alignColumns, wrap } from '../../report/layout.ts';
import type { TextView } from '../../report/text.ts';
import type { Handler } from '../command.ts';
import type { opsSpec } from './ops.options.ts';

export const run: Handler<typeof opsSpec> = async (_, io) => {
  io.output({ version: 1, operators: operators.map(entry) }, table);
  return 0;
};

function entry(spec: OpSpec) {
  return {
    type: spec.type,
    ...supportOf(spec),
    float16: since(spec, 'float16'),
    bfloat16: since(spec, 'bfloat16'),
    axes: axesText(spec),
    elementTypes: spec.types ?? null,
  };
}

/** First opset, null where the type is not admitted. */
function since(spec: OpSpec, dtype: 'float16' | 'bfloat16'): number | null {
  const text = halfText(spec, dtype);
  return text === '-' ? null : Number(text);
}

const NARROWEST = 30;

/** One block for each domain, so that names stay short. */
function table({ palette, width }: TextView): string {
  const mark = ({ can }: Ability) => (can ? palette.good('yes') : palette.dim('no'));
  const names = operators.map(({ type }) => bareName(type).length);
  const columns = ['operator', 'quantize', 'prune', 'differentiate', 'how quantized, or why not'];
  const taken = Math.max(...names) + columns.slice(1, -1).join('  ').length + 4;
  const room = Math.max(NARROWEST, width - taken);
  const rows: string[][] = [columns.map(palette.dim)];
  let domain = '';
  for (const spec of operators) {
    if (domainOf(spec.type) !== domain) {
      domain = domainOf(spec.type);
      rows.push([], [palette.bold(domain)]);
    }
    const { quantize, prune, differentiate } = supportOf(spec);
    const [first = '', ...rest] = wrap(quantize.how, room);
    rows.push([bareName(spec.type), mark(quantize), mark(prune), mark(differentiate), first]);
    for (const line of rest) rows.push(['', '', '', '', line]);
  }
  return `${alignColumns(rows, []).join('\n')}\n\n${operators.length} operators; others are left as they are\n`;
}

function bareName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

function domainOf(type: string): string {
  const dot = type.lastIndexOf('.');
  return dot < 0 ? 'ai.onnx' : type.slice(0, dot);
}
