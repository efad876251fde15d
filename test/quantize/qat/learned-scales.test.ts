/** Learned scales: their gradient is that of the paper, their pace is its pace, and what is saved is what was trained. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { floatsOf } from '../../../src/ir/floats.ts';
import { Formula } from '../../../src/ir/formula.ts';
import type { Model } from '../../../src/ir/model.ts';
import { sizeOf, Tensor } from '../../../src/ir/tensor.ts';
import type { Value } from '../../../src/ir/value.ts';
import { openModel } from '../../../src/onnx/read.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import { LearnedScales } from '../../../src/quantize/qat/learned-scales.ts';
import { Dressed } from '../../../src/quantize/qat/train-quantized.ts';
import { normal, uniform } from '../../../src/random.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { backward } from '../../../src/train/graph/backward.ts';
import { parseModel } from '../../support/parse.ts';
import { type FixedScheme, type Options, quantize } from '../../support/quantized.ts';

async function run(model: Model, feeds: Record<string, HostTensor>): Promise<Record<string, HostTensor>> {
  const session = await openSession({ model: encodeModel(model) }, { threads: 1, optimize: 'disabled' });
  const found = await session.run(feeds);
  await session.release();
  return found;
}

const tensor = (dims: readonly number[], data: Float32Array): HostTensor => ({
  dtype: 'float32',
  dims,
  data,
});

interface Pair {
  readonly shape: readonly number[];
  readonly dims: readonly number[];
  readonly attributes: string;
  readonly dtype: string;
  readonly range: readonly [number, number];
  readonly points: readonly number[];
  /** Scales of symmetric blocks may be negative. */
  readonly negative: boolean;
  readonly at: (element: number) => number;
}

const PAIRS: Readonly<Record<string, Pair>> = {
  'one for all': {
    ...{ shape: [2, 3, 4], dims: [], attributes: '', dtype: 'int8', range: [-128, 127], points: [3] },
    ...{ negative: false, at: () => 0 },
  },
  'by channel': {
    ...{ shape: [2, 3, 4], dims: [3], attributes: '<axis=1>', dtype: 'uint8', range: [0, 255] },
    ...{ points: [128, 0, 7], negative: false, at: (element) => Math.floor(element / 4) % 3 },
  },
  'in blocks, the last one shorter': {
    ...{ shape: [2, 3, 2], dims: [2, 2, 2], attributes: '<axis=1, block_size=2>', dtype: 'int4' },
    ...{ range: [-8, 7], points: [0, 1, -1, 2, 0, 0, 3, -8], negative: true },
    at: (element) => Math.floor(element / 6) * 4 + (Math.floor((element % 6) / 2) >> 1) * 2 + (element % 2),
  },
};

describe('the gradient of scales', () => {
  it.each(Object.keys(PAIRS))(
    '%s: that of the paper, by differences with the rounding held',
    async (what) => {
      const { shape, dims, attributes, dtype, range, points, negative, at } = PAIRS[what] as Pair;
      const type = (of: readonly number[]) => (of.length > 0 ? `[${of}]` : '');
      const { graph, ...model } = parsed(`g (float[${shape}] x, float${type(dims)} s, float[${shape}] dy) =>
      (float[${shape}] y) <${dtype}${type(dims)} z = {${points}}>
      { q = QuantizeLinear${attributes}(x, s, z) y = DequantizeLinear${attributes}(q, s, z) }`);
      await inferTypes(model.whole);
      const [, s, seed] = graph.inputs as [Value, Value, Value];
      const [y] = graph.outputs as [Value];
      const gradient = backward(new Formula(graph), new Map([[y, seed]]), [s]).get(s) as Value;
      gradient.type = s.type;
      graph.outputs = [gradient];
      const [draw, noise] = [uniform(5), normal(6)];
      const [low, high] = range;
      const scales = Float32Array.from(
        points,
        (_, i) => (0.05 + draw() / 10) * (negative && i % 3 === 1 ? -1 : 1),
      );
      const scaleOf = (i: number) => scales[at(i)] as number;
      const values = Float32Array.from(
        { length: sizeOf(shape) },
        (_, i) => noise() * (high - low) * 0.5 * scaleOf(i),
      );
      const dy = values.map(noise);
      const feeds = { x: tensor(shape, values), s: tensor(dims, scales), dy: tensor(shape, dy) };
      const found = (await run(model.whole, feeds))[gradient.name]?.data as Float32Array;
      // The loss as a function of one scale; rounding goes on adding to each element what it added at first.
      const loss = (which: number, scale: number): number =>
        values.reduce((sum, value, i) => {
          if (at(i) !== which) return sum;
          const place = value / scaleOf(i);
          const steps = value / scale + Math.round(place) - place;
          const point = points[which] as number;
          return sum + (dy[i] as number) * scale * Math.min(Math.max(steps, low - point), high - point);
        }, 0);
      const inside = [...values].map((value, i) => {
        const place = value / scaleOf(i) + (points[at(i)] as number);
        return place >= low && place <= high;
      });
      expect(new Set(inside).size).toBe(2);
      for (const [which, scale] of scales.entries()) {
        const step = scale * 1e-6;
        const numeric = (loss(which, scale + step) - loss(which, scale - step)) / (2 * step);
        expect(Math.abs((found[which] as number) - numeric)).toBeLessThan(1e-4 * (high - low));
      }
    },
  );

  function parsed(text: string) {
    const whole = parseModel(`<ir_version: 10, opset_import: ["": 21]> ${text}`);
    return { whole, graph: whole.graph };
  }
});

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/training/${name}`, import.meta.url));

/** Whether codes fill their type, or are cut off where they end: scales may become smaller then. */
const CASES: readonly (readonly [FixedScheme, Options, shrink: boolean])[] = [
  ['int8', { target: 'portable', perChannel: true }, false],
  ['int8', { target: 'portable', perChannel: false, reduceRange: true }, true],
  ['int8-weights', {}, false],
  ['int8-weights', { reduceRange: true, perChannel: true }, true],
  ['int4', { format: 'qdq', blockSize: 16 }, true],
];

describe('models', () => {
  it.each(CASES)(
    '%s %o: dressed they compute what they did, undressed what was trained',
    async (scheme, options, shrink) => {
      const opened = openModel(fixture('cnn.onnx')).model;
      const data = scheme === 'int8' ? fixture('cnn.npz') : undefined;
      const { model } = await quantize(opened, scheme, { ...options, data });
      const noise = normal(3);
      const [input] = model.graph.inputs as [Value];
      const dims = [4, ...(input.type?.shape ?? []).slice(1).map(Number)];
      const feeds = { [input.name]: tensor(dims, Float32Array.from({ length: sizeOf(dims) }, noise)) };
      const output = async () =>
        [...(Object.values(await run(model, feeds))[0] as HostTensor).data].map(Number);
      const before = await output();
      const signs = signsOf(model);
      const dressed = new Dressed();
      const trained = dressed.dress(model, { scales: 'learned' });
      for (const [i, value] of (await output()).entries()) expect(value).toBeCloseTo(before[i] as number, 3);
      const learned = [...model.graph.initializers].filter(({ name }) => trained.has(name));
      expect(learned.some(({ name }) => name.endsWith('_learned'))).toBe(true);
      for (const value of learned) {
        const old = value.tensor as Tensor;
        // Scales by a fifth or so, weights towards zero.
        const pace = value.uses[0]?.node.constant(1);
        const move = value.name.endsWith('_learned')
          ? (_: number, at: number) =>
              (0.2 * (shrink ? noise() : Math.abs(noise()))) / (floatsOf(pace as Tensor)[at] as number)
          : (one: number) => one * (1 - Math.min(0.5, 0.1 * Math.abs(noise())));
        value.tensor = Tensor.of('float32', old.dims, floatsOf(old).map(move));
      }
      const after = await output();
      const moved = farthest(after, before);
      dressed.undress(model);
      // Scales differ in their last bit: single values of layers between fall on the other side of a half.
      expect(farthest(await output(), after)).toBeLessThan(moved / 20);
      expect(moved).toBeGreaterThan(0.01);
      for (const [name, own] of signsOf(model)) expect(signs.get(name) ?? own).toEqual(own);
      for (const node of model.graph.nodes)
        if (node.op === 'DequantizeLinear') expect(node.constant(1)?.dtype).toBe('float32');
    },
  );

  function farthest(one: readonly number[], other: readonly number[]): number {
    return Math.max(...one.map((value, at) => Math.abs(value - (other[at] as number))));
  }

  /** Signs of scales by what is read with them. */
  function signsOf({ graph }: Model): Map<string, boolean[]> {
    return new Map(
      graph.nodes.flatMap((node): [string, boolean[]][] => {
        const scale = node.op === 'DequantizeLinear' ? node.constant(1) : null;
        return scale ? [[node.output()?.name ?? '', Array.from(floatsOf(scale), (one) => one > 0)]] : [];
      }),
    );
  }

  it('a small step of gradient descent moves a scale by its gradient over sqrt(N Q)', () => {
    const first = 0.03;
    let [learned, gain] = ['', 0];
    const scaleAfter = (step: number): number => {
      const model = parseModel(`<ir_version: 10, opset_import: ["": 21]>
        g (float[N,5,20] x) => (float[N,5,20] y) <float s = {${first}}, uint8 z = {0}>
        { q = QuantizeLinear(x, s, z) y = DequantizeLinear(q, s, z) }`);
      const scales = new LearnedScales();
      for (const [name, own] of scales.dress(model, new Map())) [learned, gain] = [name, own];
      const trained = [...model.graph.initializers].find((value) => value.name === learned) as Value;
      trained.tensor = Tensor.of('float32', [], Float32Array.of(step));
      scales.undress(model);
      return (
        floatsOf(model.graph.nodes.find(({ op }) => op === 'DequantizeLinear')?.constant(1) as Tensor)[0] ?? 0
      );
    };
    expect(scaleAfter(0)).toBeCloseTo(first, 8);
    // By the chain rule, what is trained has the gradient of the scale times this.
    const slope = (scaleAfter(1e-2) - scaleAfter(-1e-2)) / 2e-2;
    const [gradient, rate] = [7, 1e-2];
    const moved = scaleAfter(-rate * gain * slope * gradient) - first;
    expect(moved / ((-rate * gradient) / Math.sqrt(100 * 255))).toBeCloseTo(1, 1);
    // However far: no step changes the sign.
    for (const step of [-1e3, -30, 30]) expect(scaleAfter(step)).toBeGreaterThanOrEqual(0);
  });
});
