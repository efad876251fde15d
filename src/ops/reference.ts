/** The reference page of operators: what llmc knows of each and can do with it. */
import { isRelation, type OpSpec } from './spec.ts';
import { supportOf } from './support.ts';
import { operators } from './table.ts';

/** docs/reference/operators.md. */
export function operatorsMarkdown(): string {
  const lines = [
    '# Operators',
    '',
    'Generated from `src/ops/families`; do not edit. `llmc ops` prints the same table, `llmc inspect` the rows of one model.',
    '',
    `${operators.length} operators. An operator that is not here stays as it is in every model: it is not quantized, and`,
    'nothing that touches it is cut. float16 and bfloat16 name the first opset that admits the type.',
    '',
    '| operator | quantize | prune | differentiate | float16 | bfloat16 | axes |',
    '| :-- | :-- | :-- | :-- | --: | --: | :-- |',
    ...operators.map(row),
  ];
  return `${lines.join('\n')}\n`;
}

/** The axis signature as the facts state it, or what it depends on. */
export function axesText({ axes }: OpSpec): string {
  if (axes === undefined) return 'unknown';
  if (isRelation(axes)) return axes.relation;
  return typeof axes === 'string' ? axes : 'by attributes and shapes';
}

/** First opset with the type, for people: `-` where there is none, or no data that could have it. */
export function halfText(spec: OpSpec, dtype: 'float16' | 'bfloat16'): string {
  if (!/\b[A-Z]/.test(spec.types ?? '')) return '-';
  const since = dtype === 'bfloat16' && spec.float16 === null ? null : spec[dtype];
  if (since === null) return '-';
  return since === undefined
    ? dtype === 'bfloat16' && !spec.type.includes('.')
      ? '13'
      : '1'
    : String(since);
}

function row(spec: OpSpec): string {
  const { quantize, prune, differentiate } = supportOf(spec);
  const answer = ({ can, how }: { can: boolean; how: string }) => `${can ? 'yes' : 'no'}: ${how}`;
  const cells = [
    `\`${spec.type}\``,
    answer(quantize),
    prune.can ? 'yes' : answer(prune),
    differentiate.can ? 'yes' : 'no',
    halfText(spec, 'float16'),
    halfText(spec, 'bfloat16'),
    typeof spec.axes === 'string' ? `\`${spec.axes}\`` : axesText(spec),
  ];
  return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
}
