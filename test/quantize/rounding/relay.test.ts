import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/ir/model.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import type { Value } from '../../../src/ir/value.ts';
import { plainEngine } from '../../../src/numeric/matrix-engine.ts';
import type { Moments } from '../../../src/quantize/rounding/moments.ts';
import { Relay } from '../../../src/quantize/rounding/relay.ts';
import { cutAt } from '../../../src/quantize/rounding/segments.ts';
import { valuesByName } from '../../../src/quantize/rounding/values-by-name.ts';
import { silentContext } from '../../../src/step.ts';
import { outputsOf } from '../../support/equivalence.ts';
import { noisyModel } from '../../support/quantized.ts';
import { rowsOf, WIDTH } from './rounding-support.ts';

/** A residual, a branch that captures values from outside, layers one after the other. */
const model = (): Model =>
  noisyModel(`g (float[N,${WIDTH}] x, bool c) => (float[N,8] y, float[N,${WIDTH}] t)
    <float[${WIDTH},${WIDTH}] w = {0}, float[${WIDTH},${WIDTH}] v = {0}, float[${WIDTH},8] u = {0}>
    { a = MatMul(x, w) t = Add(a, x)
      r = If (c) <then_branch = g1 () => (float[N,${WIDTH}] p) { p = Mul(t, a) },
                  else_branch = g2 () => (float[N,${WIDTH}] q) { q = Relu(x) }>
      b = MatMul(r, v) s = Add(b, t) y = MatMul(s, u) }`);

const value = (from: Model, name: string): Value => valuesByName(from).get(name) as Value;
const constantNamed = (from: Model, wanted: string): Value =>
  [...from.graph.initializers].find(({ name }) => name === wanted) as Value;
const values = rowsOf(30);
const feeds = {
  x: { dtype: 'float32', dims: [30, WIDTH], data: values },
  c: { dtype: 'bool', dims: [], data: Uint8Array.of(1) },
};

/** What arrives at the stops; `between` is told the name of each. */
async function arrivals(
  from: Model,
  names: readonly string[],
  between: (relay: Relay, name: string) => void = () => {},
): Promise<Map<string, Moments>> {
  const half = 15 * WIDTH;
  const batches = [values.subarray(0, half), values.subarray(half)].map((data) => ({
    ...feeds,
    x: { dtype: 'float32', dims: [15, WIDTH], data },
  }));
  const stops = names.map((name) => value(from, name));
  const relay = new Relay(from, stops, batches, plainEngine, silentContext({ threads: 1 }));
  const found = new Map<string, Moments>();
  for await (const { stop, moments } of relay.arrivals()) {
    found.set(stop.name, moments);
    between(relay, stop.name);
  }
  return found;
}

/** The value in the whole model, run at once. */
async function direct(from: Model, name: string): Promise<Float32Array> {
  from.graph.outputs = [value(from, name)];
  value(from, name).type = null;
  const { outputs } = await outputsOf(from, () => feeds);
  return outputs[name]?.data as Float32Array;
}

/** Sum over rows of a b^T. */
function product(a: Float32Array, b: Float32Array): Float64Array {
  const sum = new Float64Array(WIDTH * WIDTH);
  for (let row = 0; row < a.length; row += WIDTH)
    for (let i = 0; i < WIDTH; i++)
      for (let j = 0; j < WIDTH; j++)
        sum[i * WIDTH + j] = (sum[i * WIDTH + j] as number) + (a[row + i] as number) * (b[row + j] as number);
  return sum;
}

function apart(a: Float64Array, b: Float64Array): number {
  const size = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((each, i) => Math.abs(each - (b[i] as number)))) / size;
}

describe('a relay', () => {
  it('finds the moments of the whole model', async () => {
    const found = await arrivals(model(), ['s', 'x', 'r']);
    expect([...found.keys()]).toEqual(['x', 'r', 's']);
    for (const name of ['r', 's']) {
      const x = await direct(model(), name);
      expect(apart((found.get(name) as Moments).rounded, product(x, x))).toBeLessThan(1e-4);
    }
    expect(apart((found.get('x') as Moments).rounded, product(values, values))).toBeLessThan(1e-4);
    expect(found.get('s')?.rows).toBe(30);
  });

  it('tells the float model and the rounded one apart from the first rounded layer on', async () => {
    const half = (tensor: Tensor) =>
      Tensor.of(
        'float32',
        tensor.dims,
        Float32Array.from(tensor.array() as Float32Array, (each) => Math.round(each * 2) / 2),
      );
    const own = model();
    const weight = constantNamed(own, 'v');
    const found = await arrivals(own, ['x', 'r', 's'], (relay, name) => {
      if (name === 'r') relay.rounded.set(weight, half(weight.tensor as Tensor));
    });
    const { rounded, cross, float } = found.get('s') as Moments;
    expect(found.get('r')?.cross).toBe(found.get('r')?.rounded);
    const changed = model();
    const v = constantNamed(changed, 'v');
    v.tensor = half(v.tensor as Tensor);
    const [x, y] = [await direct(model(), 's'), await direct(changed, 's')];
    expect(apart(rounded, product(y, y))).toBeLessThan(1e-4);
    expect(apart(cross, product(y, x))).toBeLessThan(1e-4);
    expect(apart(float, product(x, x))).toBeLessThan(1e-4);
  });
});

describe('cuts', () => {
  it('every node that leads to a stop is in one segment, and none else', () => {
    const from = model();
    const segments = cutAt(from.graph, [value(from, 's'), value(from, 'r')]);
    expect(segments.map(({ nodes }) => nodes.map(({ op }) => op))).toEqual([
      ['MatMul', 'Add', 'If'],
      ['MatMul', 'Add'],
    ]);
    expect(segments.map(({ needs }) => needs.map(({ name }) => name).sort())).toEqual([
      ['c', 'x'],
      ['r', 't'],
    ]);
    expect(segments.map(({ gives }) => gives.map(({ name }) => name).sort())).toEqual([['r', 't'], ['s']]);
  });
});
