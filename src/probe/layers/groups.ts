/** Cuts the values of a model into groups that fit into memory together. */
import { DTYPES } from '../../ir/dtype.ts';
import type { Value } from '../../ir/value.ts';

/**
 * Groups in the given order; each holds at most `budget` bytes of values, or a single one. A value of unknown shape
 * counts as the largest known one. Shapes are those of one run (`inferTypes` with the sizes of the inputs).
 */
export function groupBySize<T>(
  items: readonly T[],
  valuesOf: (item: T) => readonly Value[],
  budget: number,
): T[][] {
  const known = items.flatMap(valuesOf).map(byteLength);
  const largest = known.reduce<number>((most, bytes) => Math.max(most, bytes ?? 0), 0);
  const groups: T[][] = [];
  let room = -1;
  for (const item of items) {
    const bytes = valuesOf(item).reduce((sum, value) => sum + (byteLength(value) ?? largest), 0);
    if (bytes > room || groups.length === 0) {
      groups.push([]);
      room = budget;
    }
    groups.at(-1)?.push(item);
    room -= bytes;
  }
  return groups;
}

function byteLength({ type }: Value): number | null {
  if (!type?.shape) return null;
  let elements = 1;
  for (const dim of type.shape) {
    if (typeof dim !== 'number') return null;
    elements *= dim;
  }
  return (elements * DTYPES[type.dtype].bits) / 8;
}
