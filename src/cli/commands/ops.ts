/** `llmc ops`: the operators llmc knows and what it can do with each. */
import { axesText, halfText } from '../../ops/reference.ts';
import type { OpSpec } from '../../ops/spec.ts';
import { type Ability, supportOf } from '../../ops/support.ts';
import { operators } from '../../ops/table.ts';
import { alignColumns, shorten } from '../../report/layout.ts';
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

function table({ palette, width, verbose }: TextView): string {
  const mark = ({ can }: Ability) => (can ? palette.good('yes') : palette.dim('no'));
  const rows = operators.map((spec) => {
    const { quantize, prune, differentiate } = supportOf(spec);
    return [spec.type, mark(quantize), mark(prune), mark(differentiate), quantize.how];
  });
  const head = ['operator', 'quantize', 'prune', 'differentiate', 'how, or why not'].map(palette.dim);
  const taken =
    Math.max(...operators.map((spec) => spec.type.length)) + 'quantize  prune  differentiate'.length + 6;
  const room = verbose ? Infinity : Math.max(24, width - taken);
  const fitted = rows.map((row) =>
    row.with(-1, Number.isFinite(room) ? shorten(row.at(-1) ?? '', room) : (row.at(-1) ?? '')),
  );
  const lines = alignColumns([head, ...fitted], []);
  return `${lines.join('\n')}\n\n${operators.length} operators; others are left as they are\n`;
}
