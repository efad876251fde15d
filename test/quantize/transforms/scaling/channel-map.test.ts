/** Tables of factors: simplified, spread over tensors, followed through Reshape. */
import { describe, expect, it } from 'vitest';
import {
  elementsOf,
  equalTables,
  identityMap,
  isEmpty,
  tabulate,
} from '../../../../src/quantize/transforms/scaling/channel-map.ts';
import { regroup } from '../../../../src/quantize/transforms/scaling/regroup.ts';

it('keys along which a table does not vary are dropped', () => {
  const table = tabulate([1, 2, 3], [2, 3, 4], (at) => at[1] as number);
  expect(table).toEqual({ keys: [2], dims: [3], index: Int32Array.of(0, 1, 2) });
  expect(equalTables(table, identityMap(2, 3))).toBe(true);
});

it('an empty table has no factor anywhere', () => {
  expect(isEmpty(tabulate([0], [3], () => -1))).toBe(true);
  expect(isEmpty(tabulate([0], [3], (at) => ((at[0] as number) === 1 ? 0 : -1)))).toBe(false);
});

it('elements of a tensor know their factor', () => {
  const map = tabulate([0, 2], [2, 3], (at) => 3 * (at[0] as number) + (at[1] as number));
  expect([...elementsOf(map, [2, 2, 3])]).toEqual([0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]);
});

describe('Reshape', () => {
  // Elements keep their factor: compared element by element.
  it.for([
    [[2, 6, 5], [2, 2, 3, 5], 1],
    [[2, 2, 3, 5], [2, 6, 5], 2],
    [[2, 6, 5], [2, 30], 1],
    [[2, 30], [2, 5, 3, 2], 1],
    [[4, 6], [24], 0],
    [[4, 1, 6], [4, 6], 2],
  ] as const)('%j to %j keeps the factors of axis %d', ([from, to, axis]) => {
    const map = identityMap(axis, from[axis] as number);
    const after = regroup(map, from, to);
    expect(after).not.toBeNull();
    if (after) expect([...elementsOf(after, to)]).toEqual([...elementsOf(map, from)]);
  });

  it('unknown dims are passed from the right, and from the left where they are copied', () => {
    expect(regroup(identityMap(2, 8), [null, null, 8], [null, null, 2, 4])?.keys).toEqual([2, 3]);
    expect(regroup(identityMap(1, 8), [null, 8, null, null], [null, 8, null])).toBeNull();
    expect(
      regroup(identityMap(1, 8), [null, 8, null, null], [null, 8, null], (axis) => axis === 0)?.keys,
    ).toEqual([1]);
  });

  it('says nothing of axes that cannot be found again', () => {
    expect(regroup(identityMap(1, 6), [null, 6, null], [null, null])).toBeNull();
    expect(regroup(identityMap(0, 6), [6, 4], [null, 4])).toBeNull();
  });
});
