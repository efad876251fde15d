import { describe, expect, it } from 'vitest';
import { replay } from '../../../src/probe/layers/replay.ts';
import type { InputBatch } from '../../../src/runtime/inputs.ts';

function source(count: number) {
  const state = { passes: 0 };
  const batches = async function* (): AsyncGenerator<InputBatch> {
    state.passes++;
    for (let row = 0; row < count; row++)
      yield {
        feeds: { x: { dtype: 'float32', dims: [4], data: new Float32Array(4).fill(row) } },
        size: 1,
        padded: 1,
      };
  };
  return { state, batches };
}

async function rows(batches: () => AsyncIterable<InputBatch>, most = Infinity): Promise<number[]> {
  const found: number[] = [];
  for await (const { feeds } of batches()) {
    found.push(Number(feeds['x']?.data[0]));
    if (found.length >= most) break;
  }
  return found;
}

describe('batches that are read several times', () => {
  it('are made once when they fit', async () => {
    const { state, batches } = source(5);
    const replayed = replay(batches);
    for (let pass = 0; pass < 3; pass++) expect(await rows(replayed)).toEqual([0, 1, 2, 3, 4]);
    expect(state.passes).toBe(1);
  });

  it('are made again when they do not, or when the first pass stopped early', async () => {
    const { state, batches } = source(5);
    const small = replay(batches, 40);
    for (let pass = 0; pass < 2; pass++) expect(await rows(small)).toEqual([0, 1, 2, 3, 4]);
    expect(state.passes).toBe(2);
    const stopped = replay(batches);
    expect(await rows(stopped, 2)).toEqual([0, 1]);
    expect(await rows(stopped)).toEqual([0, 1, 2, 3, 4]);
    expect(await rows(stopped)).toEqual([0, 1, 2, 3, 4]);
    expect(state.passes).toBe(4);
  });
});
