/** Words for what a model wants and what data has, for messages. */
import type { Column } from './dataset.ts';
import type { ValueInfo } from './value-info.ts';

/** Longer lists end in a count. */
const SHOWN = 6;

function list(parts: readonly string[]): string {
  const more = parts.length - SHOWN;
  const shown = more > 0 ? [...parts.slice(0, SHOWN), `${more} more`] : parts;
  return shown.length > 0 ? shown.join(', ') : 'nothing';
}

/** `x float32 [batch,3,224,224], ids int64 [batch,?]` */
export function describeInputs(inputs: readonly ValueInfo[]): string {
  return list(
    inputs.map(({ name, dtype, dims }) => `${name} ${dtype} [${dims.map((dim) => dim ?? '?').join(',')}]`),
  );
}

/** `x float32 [100,3,224,224]`; the array of a .npy file has no name. */
export function describeColumns(columns: readonly Pick<Column, 'name' | 'dtype' | 'dims'>[]): string {
  return list(
    columns.map(
      ({ name, dtype, dims }) =>
        `${name || '(one unnamed array)'} ${dtype} [${dims.map((dim) => dim ?? '?').join(',')}]`,
    ),
  );
}
