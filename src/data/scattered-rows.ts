/** Reads rows of a stored array in any order: neighbours with one read. */
import type { NpyArray } from './formats/npy-array.ts';
import { allocate, elementCount, type HostTensor, type TypedArray } from './host-tensor.ts';

/** Reading over a gap of so many bytes costs less than another read does. */
const GAP = 1 << 16;

/** Reads under way at once. */
const READS = 16;

interface Run {
  readonly start: number;
  end: number;
}

/** The rows of these indices in this order, in fresh memory. */
export async function scatteredRows(array: NpyArray, indices: readonly number[]): Promise<HostTensor> {
  const first = indices[0] ?? 0;
  if (indices.every((index, at) => index === first + at)) return array.rows(first, first + indices.length);
  const rowDims = array.dims.slice(1);
  const row = elementCount(rowDims);
  const data = allocate(array.dtype, indices.length * row);
  const runs = runsOf(indices, Math.max(1, Math.floor(GAP / Math.max(1, row * data.BYTES_PER_ELEMENT))));
  const places = new Map<number, number[]>();
  for (const [at, index] of indices.entries()) {
    const found = places.get(index);
    if (found) found.push(at);
    else places.set(index, [at]);
  }
  for (let at = 0; at < runs.length; at += READS) {
    const readRun = async ({ start, end }: Run): Promise<void> => {
      const found = (await array.rows(start, end)).data as TypedArray;
      for (let index = start; index < end; index++) {
        const part = found.subarray((index - start) * row, (index - start + 1) * row);
        for (const place of places.get(index) ?? [])
          data.set(part as Float32Array & BigInt64Array, place * row);
      }
    };
    await Promise.all(runs.slice(at, at + READS).map(readRun));
  }
  return { dtype: array.dtype, dims: [indices.length, ...rowDims], data };
}

/** Ranges that cover the indices, with no gap of more than `gap` rows inside one. */
function runsOf(indices: readonly number[], gap: number): Run[] {
  const runs: Run[] = [];
  for (const index of Float64Array.from(indices).sort()) {
    const last = runs.at(-1);
    if (last && index - last.end <= gap) last.end = Math.max(last.end, index + 1);
    else runs.push({ start: index, end: index + 1 });
  }
  return runs;
}
