import { describe, expect, it } from 'vitest';
import { encodeModel } from '../../src/onnx/write.ts';
import { castsOf, fidelity, nodesOf, runBoth, toHalf, without } from './half-support.ts';

const LINEAR = `g (float[n,4] x) => (float[n,2] y) <float[4,2] w = {1, 2, 3, 4, 5, 6, 7, 0.1}, float[2] b = {1, 2}> {
  p = MatMul (x, w)
  s = Add (p, b)
  y = Relu (s)
}`;

describe('half precision', () => {
  it('keeps names and types of inputs and outputs, with one cast each', async () => {
    const converted = await toHalf(LINEAR);
    expect(converted.text).toMatchInlineSnapshot(`
      "g (float[n,4] x) => (float[n,2] y)
        <float16[4,2] w = {1, 2, 3, 4, 5, 6, 7, 0.1},
         float16[2] b = {1, 2}>
      {
        [x_to_float16] x_float16 = Cast <to = 10> (x)
        p = MatMul (x_float16, w)
        s = Add (p, b)
        y_float16 = Relu (s)
        [y_float16_to_float32] y = Cast <to = 1> (y_float16)
      }
      "
    `);
    expect(await fidelity(converted)).toBeGreaterThan(60);
  });

  it('converts inputs and outputs on request', async () => {
    const converted = await toHalf(LINEAR, { halfIo: true });
    expect(castsOf(converted.model)).toEqual([]);
    const { half } = await runBoth(converted);
    expect(half.map(({ y }) => y?.dtype)).toEqual(['float16', 'float16']);
  });

  it('gives the same bytes every time', async () => {
    const [one, two] = [await toHalf(LINEAR), await toHalf(LINEAR)];
    expect(Buffer.compare(encodeModel(one.model), encodeModel(two.model))).toBe(0);
  });

  it('casts a value once, however many nodes want it in float32', async () => {
    const converted = await toHalf(
      `g (float[1,3,8,8] x) => (y) <float[3,3,1,1] w = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
        c = Conv (x, w)
        e = Exp (c)
        t = Tanh (c)
        y = Add (e, t)
      }`,
      { select: without('Exp', 'Tanh') },
    );
    // Add follows the two that were excluded, as its output is float32 anyway.
    expect(castsOf(converted.model)).toEqual(['x > x_float16', 'c > c_float32']);
    expect(converted.outcome.skipped.map(({ what, reason }) => `${what}: ${reason}`)).toEqual([
      'e (Exp): excluded by --exclude',
      't (Tanh): excluded by --exclude',
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('does not go down and up again between two nodes that stay float32', async () => {
    const converted = await toHalf(
      `g (float[2,8] x) => (y) {
        e = Exp (x)
        t = Transpose <perm = [1, 0]> (e)
        r = Neg (t)
        y = Tanh (r)
      }`,
      { select: without('Exp', 'Tanh') },
    );
    expect(castsOf(converted.model)).toEqual([]);
    expect(await fidelity(converted)).toBe(Number.POSITIVE_INFINITY);
  });

  it('leaves the scales of Resize float32', async () => {
    const converted = await toHalf(
      `g (float[1,1,4,4] x) => (y) <float[4] scales = {1, 1, 2, 2}, float[1,1,4,4] b = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16}> {
        a = Add (x, b)
        y = Resize <mode = "nearest"> (a, "", scales)
      }`,
    );
    expect(converted.text).toContain('float[4] scales');
    expect(converted.outcome.skipped).toEqual([
      { what: 'scales', kind: 'tensor', bytes: 16, reason: 'input 2 of Resize is always float32' },
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('states the new type where an attribute names it', async () => {
    const converted = await toHalf(
      `g (int64[2] s, int64[2,2] i) => (y, z) {
        c = ConstantOfShape <value = float[1] {0.5}> (s)
        d = ConstantOfShape (s)
        f = Cast <to = 1> (i)
        a = Add (c, f)
        y = Add (a, d)
        r = RandomNormal <shape = [2, 2], seed = 1.0> ()
        z = Add (r, c)
      }`,
      { halfIo: true },
    );
    const tensors = nodesOf(converted.model, 'ConstantOfShape').map((node) => node.attributes.get('value'));
    expect(tensors.map((each) => each?.kind === 'tensor' && each.value.dtype)).toEqual([
      'float16',
      'float16',
    ]);
    expect(nodesOf(converted.model, 'Cast').map((node) => node.int('to'))).toEqual([10, 10]);
    // onnxruntime has no kernel that draws float16.
    expect(castsOf(converted.model)).toEqual(['i > f', 'r > r_float16']);
    const s = { dtype: 'int64', dims: [2], data: BigInt64Array.of(2n, 2n) } as const;
    const i = { dtype: 'int64', dims: [2, 2], data: BigInt64Array.of(1n, 2n, 3n, 4n) } as const;
    const { half } = await runBoth(converted, { s, i });
    expect(half.map(({ y, z }) => [y?.dtype, z?.dtype])).toEqual(Array(2).fill(['float16', 'float16']));
  });

  it('removes casts of the model that have become idle', async () => {
    const converted = await toHalf(
      `g (float[2] x) => (y) <float16[2] w = {1, 2}> {
        f = Cast <to = 1> (w)
        y = Mul (x, f)
      }`,
    );
    expect(castsOf(converted.model)).toEqual(['x > x_float16', 'y_float16 > y']);
  });

  it('keeps whole-number arithmetic exact', async () => {
    const converted = await toHalf(
      `g (float[n,1] x) => (y, z) <int64[1] zero = {0}, float third = {0.33333334}, float one = {1}> {
        shape = Shape (x)
        n = Gather (shape, zero)
        f = Cast <to = 1> (n)
        m = Mul (f, third)
        c = Ceil (m)
        y = Cast <to = 7> (c)
        z = Add (x, one)
      }`,
    );
    const data = new Float32Array(4098);
    const { exact, half } = await runBoth(converted, { x: { dtype: 'float32', dims: [4098, 1], data } });
    expect(half.map(({ y }) => y?.data)).toEqual([exact['y']?.data, exact['y']?.data]);
    expect(nodesOf(converted.model, 'Add')[0]?.input(0)?.dtype).toBe('float16');
  });

  it('computes rotary angles in float32 and the rest in half', async () => {
    const converted = await toHalf(
      `g (int64[1,s] ids, float[1,s,4] x) => (y) <float[4,1] w = {1, 2, 3, 4}, float[1,4] frequencies = {1, 0.1, 0.01, 0.001}, int64[1] last = {2}> {
        f = Cast <to = 1> (ids)
        u = Unsqueeze (f, last)
        a = Mul (u, frequencies)
        c = Cos (a)
        r = Mul (x, c)
        y = MatMul (r, w)
      }`,
    );
    const ids = { dtype: 'int64', dims: [1, 3], data: BigInt64Array.of(3001n, 5003n, 70001n) } as const;
    const x = { dtype: 'float32', dims: [1, 3, 4], data: new Float32Array(12).fill(1) } as const;
    expect(await fidelity(converted, { ids, x })).toBeGreaterThan(60);
    expect(castsOf(converted.model)).toEqual(['x > x_float16', 'ids > f', 'c > c_float16', 'y_float16 > y']);
  });

  it('keeps sequences and what is put into them in float32', async () => {
    const converted = await toHalf(
      `g (float[2,2] x) => (y) <float[2,2] w = {1, 2, 3, 4}, int64 zero = {0}> {
        a = MatMul (x, w)
        s = SequenceConstruct (a, x)
        e = SequenceAt (s, zero)
        y = MatMul (e, w)
      }`,
    );
    expect(castsOf(converted.model)).toEqual([
      'x > x_float16',
      'a > a_float32',
      'e > e_float16',
      'y_float16 > y',
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('keeps the call of a function in float32', async () => {
    const converted = await toHalf(
      `<ir_version: 10, opset_import: ["": 20, "local": 1]>
      g (float[2] x) => (y) <float[2] w = {1, 2}> {
        a = Mul (x, w)
        f = local.twice (a)
        y = Mul (f, w)
      }
      <domain: "local", opset_import: ["": 20]>
      twice (a) => (b) { b = Add (a, a) }`,
    );
    expect(castsOf(converted.model)).toEqual([
      'x > x_float16',
      'a > a_float32',
      'f > f_float16',
      'y_float16 > y',
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('takes QuantizeLinear with half scales only from opset 19 on', async () => {
    const text = (opset: number): string =>
      `<ir_version: 9, opset_import: ["": ${opset}]>
      g (float[4] x) => (y) <float scale = {0.5}, uint8 zero = {128}, float[4] w = {1, 2, 3, 4}> {
        a = Mul (x, w)
        q = QuantizeLinear (a, scale, zero)
        d = DequantizeLinear (q, scale, zero)
        y = Mul (d, w)
      }`;
    const [old, now] = [await toHalf(text(13)), await toHalf(text(19))];
    expect(castsOf(old.model)).toEqual(['x > x_float16', 'a > a_float32', 'd > d_float16', 'y_float16 > y']);
    expect(castsOf(now.model)).toEqual(['x > x_float16', 'y_float16 > y']);
    expect(await fidelity(old)).toBeGreaterThan(40);
    expect(await fidelity(now)).toBeGreaterThan(40);
  });
});
