import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { measureRanges } from '../../src/quantize/half/measure.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { parseModel } from '../support/parse.ts';
import { castsOf, fidelity, runBoth, toHalf } from './half-support.ts';

async function typed(text: string): Promise<Model> {
  const model = parseModel(text);
  await inferTypes(model);
  return model;
}

const LARGE = `g (float[4] x) => (y) <float large = {2000}, float[4] b = {1, 2, 3, 4}> {
  a = Add (x, b)
  c = Mul (a, large)
  d = Mul (c, a)
  e = Sqrt (d)
  y = Mul (e, b)
}`;

describe('ranges for half precision', () => {
  it('keeps the nodes that make and read a value of 1e6 in float32', async () => {
    const seen: Readonly<Record<string, number>> = { x: 50, a: 50, c: 100, d: 1e6, e: 1000, y: 4000 };
    const converted = await toHalf(LARGE, { ranges: (name) => seen[name] });
    expect(castsOf(converted.model)).toEqual([
      'x > x_float16',
      'a > a_float32',
      'c > c_float32',
      'e > e_float16',
      'y_float16 > y',
    ]);
    expect(converted.outcome.skipped.filter(({ kind }) => kind === 'node')).toEqual([
      {
        what: 'd (Mul)',
        kind: 'node',
        bytes: 0,
        reason: "'d' reaches 1.00e+6, half precision ends at 65504",
      },
      {
        what: 'e (Sqrt)',
        kind: 'node',
        bytes: 0,
        reason: "'d' reaches 1.00e+6, half precision ends at 65504",
      },
    ]);
  });

  it('finds the overflow itself by running the model', async () => {
    const x = { dtype: 'float32', dims: [4], data: Float32Array.of(40, 50, 60, 70) } as const;
    const steep = LARGE.replace('large = {2000}', 'large = {20000}');
    const converted = await toHalf(steep, { measure: true });
    expect(converted.outcome.skipped.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['c (Mul)', 'd (Mul)', 'e (Sqrt)']),
    );
    expect(await fidelity(converted, { x })).toBeGreaterThan(50);
  });

  it('observes branches, loops and scans, and not infinities', async () => {
    const model = await typed(
      `g (bool c, float[2] x) => (y, z, s) <int64 n = {4}, bool go = {1}, float[2] two = {2, 2}, float[3,2] v = {1, 2, 3, 4, 5, -600}> {
        k = Mul (two, two)
        y = If (c) <
          then_branch = t () => (p) { p = Mul (k, two) },
          else_branch = f () => (q) { q0 = Mul (k, k) q = Mul (q0, k) }>
        z = Loop (n, go, two) <body = b (int64 i, bool h, float[2] w) => (h2, w2) { h2 = Identity (h) w2 = Mul (w, two) }>
        s, r = Scan <num_scan_inputs = 1, body = d (float[2] o, float[2] e) => (o2, u) { o2 = Add (o, e) u = Neg (e) }> (two, v)
        zero = Sub (two, two)
        infinite = Div (k, zero)
      }`,
    );
    const ranges = (await measureRanges(model, {}, silentContext()))?.ranges;
    const names = ['k', 'y', 'p', 'q', 'w2', 'z', 'u', 'o2', 'zero', 'infinite'];
    const seen = Object.fromEntries(names.map((name) => [name, ranges?.(name)]));
    // One of the two branches ran; the other was observed as zeros.
    expect([seen['p'], seen['q']].sort()).toEqual(seen['y'] === 8 ? [0, 8] : [0, 64]);
    expect(seen).toMatchObject({ k: 4, w2: 32, z: 32, u: 600, o2: 592, zero: 0, infinite: 0 });
  });

  it('measures a masked attention as it will be, with the mask clamped', async () => {
    const text = (low: string, b: string): string =>
      `g (float[1,4] x, bool[1,4] hidden) => (y) <float zero = {0}, float low = {${low}}, float[4] b = {${b}}> {
        m = Where (hidden, low, zero)
        scores = Add (x, b)
        s = Add (scores, m)
        y = Softmax (s)
      }`;
    const hidden = { dtype: 'bool', dims: [1, 4], data: Uint8Array.of(1, 1, 1, 1) } as const;
    const x = { dtype: 'float32', dims: [1, 4], data: new Float32Array(4) } as const;
    const harmless = await toHalf(text('-3.4e38', '1, 2, 3, 4'), { measure: true });
    expect(harmless.text).toContain('float16 low = {-65500}');
    // Sums of -65504 and these scores would all be -inf in half precision, and their softmax NaN.
    const negative = await toHalf(text('-3.4e38', '-100, -200, -300, -400'), { measure: true });
    expect(negative.text).toContain('float16 low = {-32750}');
    expect(negative.outcome.skipped).toEqual([]);
    const { half } = await runBoth(negative, { x, hidden });
    expect(half.flatMap(({ y }) => [...((y?.data ?? []) as Float32Array)]).every(Number.isFinite)).toBe(true);
    expect(half.map(({ y }) => y?.data.length)).toEqual([4, 4]);
  });

  it('tells hundreds of values apart', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => `h${i + 1} = Add (h${i}, one)`);
    const model = await typed(`g (float[2] x) => (h300) <float one = {1}, float zero = {0}> {
      h0 = Mul (x, zero) ${lines.join(' ')} }`);
    const ranges = (await measureRanges(model, {}, silentContext()))?.ranges;
    expect(Array.from({ length: 301 }, (_, i) => ranges?.(`h${i}`))).toEqual(
      Array.from({ length: 301 }, (_, i) => i),
    );
  });

  it('gives up soon where no inputs fit', async () => {
    // Every attempt takes a while before it fails, and there are hundreds of sizes to try.
    const products = Array.from({ length: 4 }, (_, i) => `p${i + 1} = MatMul (p${i}, p0)`);
    const model =
      await typed(`g (float[a,b,c,d] x) => (y, p4) <float[400,400] p0 = {0.01}, int64[2] odd = {7, 1000003}> {
      ${products.join(' ')} y = Reshape (x, odd) }`);
    const notes: string[] = [];
    const start = process.cpuUsage();
    const context = silentContext({ threads: 1, note: (text) => void notes.push(text) });
    expect(await measureRanges(model, {}, context)).toBeNull();
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(8);
    expect(notes.join()).toContain('no generated inputs suit this model');
  });

  it('says so when it cannot measure', async () => {
    const notes: string[] = [];
    const model = await typed('<ir_version: 7, opset_import: ["": 8]> g (float[2] x) => (y) { y = Neg (x) }');
    const measured = await measureRanges(model, {}, silentContext({ note: (text) => notes.push(text) }));
    expect(measured).toBeNull();
    expect(notes).toEqual([
      'values were not checked for overflow in half precision: that takes opset 9, the model has 8',
    ]);
  });
});
