/** What columns hold, as far as augmentations ask. */
import type { Column } from '../dataset.ts';
import { roleOf } from '../roles.ts';

/** Numbers with fractions, in an array that holds them as such. */
export function isFloats({ dtype, shared }: Column): boolean {
  return !shared && (dtype === 'float32' || dtype === 'float64');
}

/** Pictures with channels, batch axis included. */
export function isPictures(column: Column): boolean {
  return isFloats(column) && column.dims.length === 4;
}

function isSequences({ dtype, dims, shared }: Column): boolean {
  return !shared && dims.length === 2 && /^u?int(32|64)$/.test(dtype);
}

/** Ones where there are tokens, zeros where there is padding. */
export function isAttention(column: Column): boolean {
  return isSequences(column) && roleOf(column) === 'mask';
}

export function isTokens(column: Column): boolean {
  return isSequences(column) && roleOf(column) === 'values';
}
