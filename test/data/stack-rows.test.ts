/** Stacking rows of equal and of different sizes. */
import { expect, it } from 'vitest';
import { elementCount, type HostTensor, type TypedArray } from '../../src/data/host-tensor.ts';
import { stackRows } from '../../src/data/stack-rows.ts';
import { uniform } from '../../src/random.ts';

const next = uniform(1);
const whole = (below: number) => Math.floor(next() * below);

it('every element stands where its indices say, everything else is padding', () => {
  for (let trial = 0; trial < 200; trial++) {
    const rank = whole(4);
    const rows = Array.from({ length: 1 + whole(4) }, (): HostTensor => {
      const dims = Array.from({ length: rank }, () => (trial % 3 === 0 ? 3 : whole(4)));
      return {
        dtype: 'int64',
        dims,
        data: BigInt64Array.from({ length: elementCount(dims) }, () => BigInt(whole(99))),
      };
    });
    const stacked = stackRows(rows, -7);
    const dims = Array.from({ length: rank }, (_, axis) =>
      Math.max(...rows.map((row) => row.dims[axis] ?? 0)),
    );
    expect(stacked.dims).toEqual([rows.length, ...dims]);
    const size = elementCount(dims);
    for (let at = 0; at < stacked.data.length; at++) {
      const row = rows[Math.floor(at / size)] as HostTensor;
      let rest = at % size;
      let from = 0;
      let stride = 1;
      let inside = true;
      for (let axis = rank - 1; axis >= 0; axis--) {
        const index = rest % (dims[axis] as number);
        rest = Math.floor(rest / (dims[axis] as number));
        inside &&= index < (row.dims[axis] as number);
        from += index * stride;
        stride *= row.dims[axis] as number;
      }
      expect(stacked.data[at]).toBe(inside ? (row.data as BigInt64Array)[from] : -7n);
    }
  }
});

it('text is padded with nothing, and memory is fresh', () => {
  const text = (...data: string[]): HostTensor => ({ dtype: 'string', dims: [data.length], data });
  expect(stackRows([text('a'), text('b', 'c')]).data).toEqual(['a', '', 'b', 'c']);
  const row: HostTensor = { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2) };
  const stacked = stackRows([row]).data as TypedArray;
  expect(stacked).toEqual(row.data);
  expect(stacked.buffer).not.toBe((row.data as TypedArray).buffer);
});
