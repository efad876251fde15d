/** The ranking against a naive one: a file for each layer, with that layer quantized, run beside the float model. */

import { describe, expect, it } from 'vitest';
import { asFloats } from '../../../src/data/cast.ts';
import type { Model } from '../../../src/ir/model.ts';
import type { Node } from '../../../src/ir/node.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import { allNodes } from '../../../src/ir/walk.ts';
import { cloneModel, openModel } from '../../../src/onnx/read.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import { rankLayers } from '../../../src/probe/sensitivity/rank.ts';
import type { Layer } from '../../../src/probe/sensitivity/stand-in.ts';
import { eightBitWeight, fakeQuantized } from '../../../src/quantize/sensitivity/eight-bit.ts';
import { openInputs } from '../../../src/runtime/inputs.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { silentContext } from '../../../src/step.ts';
import { FIXTURE_DATA, FIXTURES } from '../../support/fixtures.ts';
import { parseModel } from '../../support/parse.ts';
import { noisyModel } from '../../support/quantized.ts';

const context = silentContext({ threads: 1 });
const PER_TENSOR = { type: 'int8', symmetric: true, reduceRange: false, axis: null } as const;

const NET = `g (float[N,32] x) => (float[N,8] y)
  <float[32,32] u = {0}, float[32,32] v = {0}, float[32,32] w = {0}, float[32,8] o = {0}>
  { [one] a = MatMul(x, u) b = Tanh(a) [two] c = MatMul(b, v) d = Tanh(c)
    [three] e = MatMul(d, w) f = Tanh(e) [out] y = MatMul(f, o) }`;

/** One weight of the second layer is a hundred times the largest: eight bits are left with hardly any of the others. */
function planted(): Model {
  const model = noisyModel(NET);
  for (const value of model.graph.initializers) {
    if (value.name !== 'v' || !value.tensor) continue;
    const values = Float32Array.from(value.tensor.array() as Float32Array);
    values[5] = 60;
    value.tensor = Tensor.of('float32', [32, 32], values);
  }
  return model;
}

const products = (model: Model): Node[] => [...allNodes(model)].filter(({ op }) => op === 'MatMul');

const weightLayers = (model: Model): Layer[] =>
  products(model).map((node) => ({ node, standIns: [eightBitWeight(node, 1, PER_TENSOR)] }));

/** Error power over signal power of the output `y` of two models over the same generated rows. */
async function noiseOf(before: Model, after: Model, rows: number): Promise<number> {
  const [first, second] = [
    await openSession({ model: encodeModel(before) }),
    await openSession({ model: encodeModel(after) }),
  ];
  const inputs = await openInputs(first, { rows });
  let [signal, error] = [0, 0];
  for await (const { feeds } of inputs.batches(rows)) {
    const [x, y] = [(await first.run(feeds))['y'], (await second.run(feeds))['y']];
    const [p, q] = [x && asFloats(x), y && asFloats(y)];
    for (const [index, value] of (p ?? []).entries()) {
      signal += value ** 2;
      error += (value - (q?.[index] ?? Number.NaN)) ** 2;
    }
  }
  await first.release();
  await second.release();
  return error / signal;
}

describe('ranking layers', () => {
  it('puts the planted layer first, and finds for every layer what a file of its own would show', async () => {
    const model = planted();
    const { ranked, rows, unmeasured } = await rankLayers(
      model,
      weightLayers(model),
      { samples: 4 },
      context,
    );
    expect(ranked[0]?.layer.node.name).toBe('two');
    expect([rows, unmeasured]).toEqual([4, []]);
    expect(ranked.map(({ noise }) => noise)).toEqual(ranked.map(({ noise }) => noise).sort((a, b) => b - a));
    for (const { layer, noise } of ranked) {
      const alone = cloneModel(model);
      const twin = products(alone).find(({ name }) => name === layer.node.name);
      const constant = twin?.input(1);
      const [standIn] = layer.standIns;
      if (!constant?.tensor || !standIn || !('weight' in standIn)) throw new Error('no weight');
      constant.tensor = Tensor.of('float32', constant.tensor.dims, standIn.weight());
      const expected = await noiseOf(model, alone, 4);
      expect(Math.abs(noise - expected)).toBeLessThan(1e-4 * expected + 1e-12);
    }
  });

  it('rounds activations only in their turn', async () => {
    const model = noisyModel(NET);
    const scale = { one: 0.001, two: 0.2, three: 0.01, out: 0.05 } as const;
    const layers = products(model).map((node) => {
      const params = { scale: scale[node.name as keyof typeof scale], zeroPoint: 0 };
      return { node, standIns: [fakeQuantized(0, params, 'int8')] };
    });
    const { ranked } = await rankLayers(model, layers, { samples: 3 }, context);
    for (const { layer, noise } of ranked) {
      const rounded = parseModel(
        NET.replace(
          '<float[32,32] u',
          `<float s = {${scale[layer.node.name as keyof typeof scale]}}, int8 z = {0}, float[32,32] u`,
        ).replace(
          new RegExp(`\\[${layer.node.name}\\] (\\w) = MatMul\\((\\w)`),
          'q = QuantizeLinear($2, s, z) r = DequantizeLinear(q, s, z) $1 = MatMul(r',
        ),
      );
      for (const value of rounded.graph.initializers)
        for (const own of model.graph.initializers) if (value.name === own.name) value.tensor = own.tensor;
      const expected = await noiseOf(model, rounded, 3);
      expect(expected).toBeGreaterThan(0);
      expect(Math.abs(noise - expected)).toBeLessThan(1e-4 * expected + 1e-12);
    }
  });

  it('measures weights and activations of one layer together, inside branches too', async () => {
    const text = `g (bool c, float[4,16] x) => (y) <float[16,16] w = {0}> {
      y = If (c) <
        then_branch = t () => (p) { [inner] p = MatMul(x, w) },
        else_branch = f () => (q) { [other] q = MatMul(x, w) }> }`;
    const model = noisyModel(text);
    const layers = products(model).map((node) => ({
      node,
      standIns: [eightBitWeight(node, 1, PER_TENSOR), fakeQuantized(0, { scale: 0.1, zeroPoint: 0 }, 'int8')],
    }));
    const { ranked } = await rankLayers(model, layers, { samples: 2 }, context);
    // Generated inputs take one branch; the layer of the other changes nothing.
    expect(ranked[0]?.noise).toBeGreaterThan(1e-5);
    expect(ranked[1]?.noise).toBe(0);
  });

  it('leaves the model as it was and gives the same twice', async () => {
    const model = planted();
    const before = encodeModel(model);
    const noises = async () =>
      (await rankLayers(model, weightLayers(model), { samples: 2 }, context)).ranked.map(
        ({ layer, noise, divergence }) => [layer.node.name, noise, divergence],
      );
    expect(await noises()).toEqual(await noises());
    expect(Buffer.from(encodeModel(model)).equals(Buffer.from(before))).toBe(true);
  });

  it('ends when its time is over, and says what it did not reach', async () => {
    const model = planted();
    const layers = weightLayers(model);
    const { ranked, unmeasured, rows } = await rankLayers(
      model,
      layers,
      { samples: 8, budgetMs: 0 },
      context,
    );
    expect(rows).toBe(1);
    expect(ranked.map(({ layer }) => layer)).toEqual([layers[0]]);
    expect(unmeasured).toEqual(layers.slice(1));
  });

  it('knows what a layer does to a classifier', async () => {
    const { model } = openModel(`${FIXTURES}/fashion-cnn.onnx`);
    const layers = [...allNodes(model)]
      .filter(({ op }) => op === 'Conv' || op === 'Gemm')
      .filter((node) => node.constant(1)?.dtype === 'float32')
      .map((node) => ({
        node,
        // Two of the eight bits: enough to change verdicts.
        standIns: [
          {
            index: 1,
            weight: () =>
              Float32Array.from(
                node.constant(1)?.array() as Float32Array,
                (value) => Math.round(value * 4) / 4,
              ),
          },
        ],
      }));
    const data = `${FIXTURE_DATA}/fashion-eval.npz`;
    const { ranked } = await rankLayers(model, layers, { data, samples: 24, by: 'divergence' }, context);
    const divergences = ranked.map(({ divergence }) => divergence ?? Number.NaN);
    expect(divergences).toEqual([...divergences].sort((a, b) => b - a));
    expect(divergences[0]).toBeGreaterThan(0.01);
    expect(ranked[0]?.agreement).toBeLessThanOrEqual(ranked.at(-1)?.agreement ?? 0);
  });

  it('refuses a node of another model', async () => {
    const [model, other] = [planted(), planted()];
    await expect(rankLayers(model, weightLayers(other), {}, context)).rejects.toThrow(
      'is no node of the model',
    );
  });
});
