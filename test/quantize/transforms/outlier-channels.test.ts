/** Outlier channels: found, taken over or scaled by a Mul, with equal outputs and less noise. */
import { expect, it } from 'vitest';
import { cloneModel } from '../../../src/onnx/read.ts';
import { outlierRatio, tameOutliers } from '../../../src/quantize/transforms/outlier-channels.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { silentContext } from '../../../src/step.ts';
import { differences, outputsOf } from '../../support/equivalence.ts';
import { Network, OPTIONS, outlierTransformer, quantizedSqnr } from './networks.ts';

it('the ratio is that of the largest to the median channel', () => {
  expect(outlierRatio({ min: Float64Array.of(-9, -1, 0), max: Float64Array.of(2, 3, 1) })).toBe(3);
  expect(outlierRatio({ min: new Float64Array(3), max: new Float64Array(3) })).toBe(1);
});

it('a Mul is put in where no layer in front can take the factors over', async () => {
  const net = new Network([8, 32]);
  const uneven = (value: number, at: number): number => (at % 32 === 5 ? 50 * value : value);
  // Gelu does not commute with scaling.
  const gelu = net.op('Gelu', [net.op('MatMul', [net.input, net.constant('a', [32, 32], 0.2, uneven)])]);
  const left = net.op('MatMul', [gelu, net.constant('b', [32, 16], 0.2)]);
  const right = net.op('MatMul', [gelu, net.constant('c', [32, 16], 0.2)]);
  const before = await net.done(net.op('Add', [left, right]));
  const after = cloneModel(before);
  await inferTypes(after);
  const { inserted, absorbed } = await tameOutliers(after, OPTIONS, silentContext());
  expect(absorbed).toEqual([]);
  expect(inserted.map(({ contractions }) => contractions.length)).toEqual([2]);
  // One for both products.
  expect(after.graph.nodes.filter(({ op }) => op === 'Mul')).toHaveLength(1);
  const original = await outputsOf(before);
  expect(differences(original.outputs, (await outputsOf(after, () => original.feeds)).outputs)).toEqual([]);
  const [plain, better] = [await quantizedSqnr(before), await quantizedSqnr(after, before)];
  expect(better - plain).toBeGreaterThan(6);
});

it('norms take the factors over, and nothing is inserted', async () => {
  const model = await outlierTransformer(64, 'Relu');
  const nodes = model.graph.nodeCount;
  const { absorbed, inserted } = await tameOutliers(model, OPTIONS, silentContext());
  expect(absorbed.length).toBeGreaterThanOrEqual(2);
  expect(inserted).toEqual([]);
  expect(model.graph.nodeCount).toBe(nodes);
});

it('leaves a model without outliers as it is', async () => {
  const net = new Network([8, 16]);
  const model = await net.done(net.op('MatMul', [net.input, net.constant('a', [16, 16], 1)]));
  const result = await tameOutliers(model, OPTIONS, silentContext());
  expect(result).toEqual({ absorbed: [], inserted: [], left: [] });
});

it('tells of outliers that scaling does not help against', async () => {
  const net = new Network([8, 16]);
  const spike = (value: number, at: number): number => (at % 16 === 5 ? 50 * value : value);
  const tanh = net.op('Gelu', [net.op('MatMul', [net.input, net.constant('a', [16, 16], 1, spike)])]);
  // The weight has its large row where the activation has its large channel.
  const same = (value: number, at: number): number => (Math.floor(at / 4) === 5 ? 50 * value : value);
  const model = await net.done(net.op('MatMul', [tanh, net.constant('b', [16, 4], 1, same)]));
  const { left, inserted } = await tameOutliers(model, OPTIONS, silentContext());
  expect(inserted).toEqual([]);
  expect(left[0]?.reason).toMatch(/times the median, which scaling does not help/);
});
