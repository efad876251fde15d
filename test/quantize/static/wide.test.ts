/** Activations of 16 bits: outputs at least as close as with 8, biases that int32 has no room for. */
import { describe, expect, it } from 'vitest';
import { Similarity } from '../../../src/numeric/similarity.ts';
import { floats, nodesOf, quantized, run } from '../../support/static.ts';
import { STATIC_NAMES, type StaticGraph, staticGraph } from '../../support/static-graphs.ts';

const WIDE = { activationType: 'uint16', reduceRange: false, target: 'x64-avx2' } as const;
const NARROW = { ...WIDE, activationType: 'uint8' } as const;

/** Of the first output; Infinity where nothing is lost. */
async function sqnr(name: StaticGraph, options: typeof WIDE | typeof NARROW): Promise<number> {
  const float = staticGraph(name);
  const [output = ''] = float.graph.outputs.map((value) => value.name);
  const { model } = await quantized(name, options);
  const similarity = new Similarity();
  const [expected, found] = [await run(float), await run(model, { optimize: 'disabled' })];
  similarity.add(floats(expected, output), floats(found, output));
  return similarity.sqnrDb ?? Infinity;
}

describe('activations of 16 bits', () => {
  it('are never worse than those of 8', { timeout: 60_000 }, async () => {
    for (const name of STATIC_NAMES)
      expect([name, (await sqnr(name, WIDE)) >= (await sqnr(name, NARROW))]).toEqual([name, true]);
  });

  it('do not coarsen weights for a bias: it stays float where int32 has no room', async () => {
    const { model } = await quantized('a bias beyond int32', WIDE);
    const [gemm] = nodesOf(model, 'Gemm');
    expect(gemm?.constant(2)?.dtype).toBe('float32');
    expect(gemm?.input(1)?.producer?.op).toBe('DequantizeLinear');
  });

  it('leave other biases to int32', async () => {
    const { model } = await quantized('one Conv', WIDE);
    expect(nodesOf(model, 'Conv')[0]?.input(2)?.producer?.constant(0)?.dtype).toBe('int32');
  });

  it('take weights of all 8 bits: no kernel of theirs saturates', async () => {
    const { model } = await quantized('one Conv', WIDE);
    const codes = nodesOf(model, 'Conv')[0]?.input(1)?.producer?.constant(0)?.array();
    expect(Math.max(...Array.from(codes ?? [], Number).map(Math.abs))).toBe(127);
  });
});
