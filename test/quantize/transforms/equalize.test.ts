/** Cross-layer equalization: ranges as equation 11 of the paper wants them, equal outputs, less noise. */
import { expect, it } from 'vitest';
import { floatsOf } from '../../../src/ir/floats.ts';
import type { Tensor } from '../../../src/ir/tensor.ts';
import { cloneModel } from '../../../src/onnx/read.ts';
import { equalizeLayers, equalizingFactors } from '../../../src/quantize/transforms/equalize.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { silentContext } from '../../../src/step.ts';
import { differences, outputsOf } from '../../support/equivalence.ts';
import { Network, OPTIONS, quantizedSqnr, unevenCnn } from './networks.ts';

const DATA_FREE = { ...OPTIONS, data: undefined, perChannel: false };

it('gives both weights of a pair the geometric mean of their ranges', async () => {
  const net = new Network([8, 6]);
  const uneven = (value: number, at: number): number => value * 4 ** ((at % 5) - 2);
  const hidden = net.op('LeakyRelu', [net.op('MatMul', [net.input, net.constant('a', [6, 5], 1, uneven)])]);
  const model = await net.done(net.op('MatMul', [hidden, net.constant('b', [5, 7], 1)]));
  const [a, b] = weights(model);
  const front = Array.from({ length: 5 }, (_, k) => reach(a, (at) => at % 5 === k));
  const behind = Array.from({ length: 5 }, (_, k) => reach(b, (at) => Math.floor(at / 7) === k));
  const wanted = front.map((range, k) => Math.sqrt(range * (behind[k] as number)));
  const { equalized, rounds } = await equalizeLayers(model, DATA_FREE, silentContext());
  expect(equalized).toHaveLength(1);
  // One pair converges at once; the second round finds nothing to do.
  expect(rounds).toBe(2);
  const [newA, newB] = weights(model);
  for (let k = 0; k < 5; k++) {
    expect(reach(newA, (at) => at % 5 === k)).toBeCloseTo(wanted[k] as number, 5);
    expect(reach(newB, (at) => Math.floor(at / 7) === k)).toBeCloseTo(wanted[k] as number, 5);
  }
});

it('converges over layers that depend on each other: all pairs end with equal ranges', async () => {
  const model = await unevenCnn();
  const { equalized } = await equalizeLayers(model, DATA_FREE, silentContext());
  expect(equalized).toHaveLength(2);
  const [first, depth, last] = weights(model);
  for (let k = 0; k < 16; k++) {
    const [r1, r2] = [
      reach(first, (at) => Math.floor(at / 27) === k),
      reach(depth, (at) => Math.floor(at / 9) === k),
    ];
    const r3 = reach(last, (at) => at % 16 === k);
    expect(Math.abs(Math.log(r1 / r2))).toBeLessThan(1e-2);
    expect(Math.abs(Math.log(r2 / r3))).toBeLessThan(1e-2);
  }
});

it('gains at least 10 dB on a depthwise network whose channels are uneven, and computes the same', async () => {
  const before = await unevenCnn();
  const after = cloneModel(before);
  await inferTypes(after);
  const original = await outputsOf(before);
  await equalizeLayers(after, { ...OPTIONS, data: undefined }, silentContext());
  const same = await outputsOf(after, () => original.feeds);
  expect(differences(original.outputs, same.outputs)).toEqual([]);
  const [plain, better] = [await quantizedSqnr(before), await quantizedSqnr(after, before)];
  expect(better - plain).toBeGreaterThan(10);
});

it('puts groups back that would lose by it', async () => {
  const net = new Network([8, 6]);
  const hidden = net.op('Relu', [net.op('MatMul', [net.input, net.constant('a', [6, 16], 1, () => 1)])]);
  // One row of the second weight is large: equal ranges would make one channel of the activation large.
  const uneven = (value: number, at: number): number => Math.sign(value) * (at < 7 ? 30 : 1);
  const model = await net.done(net.op('MatMul', [hidden, net.constant('b', [16, 7], 1, uneven)]));
  const before = weights(model).map((tensor) => [...floatsOf(tensor)]);
  // Weights so fine that only the activation counts.
  const options = { ...OPTIONS, weightBits: 16, activationBits: 4 };
  const { equalized, left } = await equalizeLayers(model, options, silentContext());
  expect(equalized).toEqual([]);
  expect(left.map(({ reason }) => reason)).toContain('nothing to gain');
  for (const [at, tensor] of weights(model).entries())
    for (const [i, value] of floatsOf(tensor).entries())
      expect(value).toBeCloseTo(before[at]?.[i] as number, 5);
});

it('says why a layer is left alone', async () => {
  const net = new Network([8, 6]);
  const first = net.op('MatMul', [net.input, net.constant('a', [6, 5], 1)]);
  const curved = net.op('Tanh', [net.op('MatMul', [first, net.constant('b', [5, 4], 1)])]);
  const model = await net.done(net.op('MatMul', [curved, net.constant('c', [4, 3], 1)]));
  const { left } = await equalizeLayers(model, DATA_FREE, silentContext());
  expect(left.map(({ reason }) => reason)).toEqual([
    "'x' is an input",
    'tanh (Tanh) cannot scale its result channel by channel',
  ]);
});

it('has no factor for channels that are empty on either side', () => {
  expect([...equalizingFactors(Float64Array.of(0, 4, 9), Float64Array.of(2, 0, 1))]).toEqual([1, 1, 3]);
});

function weights(model: {
  graph: { initializers: Iterable<{ tensor: Tensor | null }> };
}): [Tensor, Tensor, Tensor] {
  const found = [...model.graph.initializers].flatMap(({ tensor }) =>
    tensor && tensor.dims.length > 1 ? [tensor] : [],
  );
  return found as [Tensor, Tensor, Tensor];
}

function reach(tensor: Tensor, picked: (at: number) => boolean): number {
  return floatsOf(tensor).reduce(
    (most, value, at) => (picked(at) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
}
