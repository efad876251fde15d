import { describe, expect, it } from 'vitest';
import { foldConstants } from '../../src/passes/fold-constants.ts';
import { liftConstants } from '../../src/passes/lift-constants.ts';
import { apply, applyUnrun } from '../support/apply.ts';

describe('fold-constants', () => {
  it('evaluates a chain that leads to a weight', async () => {
    const { text, changes } = await apply(
      `g (float[1,2] x) => (y) <float[2,2] w = {1, 2, 3, 4}, float s = {10}> {
        t = Transpose (w)
        m = Mul (t, s)
        y = MatMul (x, m)
      }`,
      foldConstants,
    );
    expect(changes).toEqual(['folded Mul: 1 (m)']);
    expect(text).toMatchInlineSnapshot(`
      "g (float[1,2] x) => (y)
        <float[2,2] m = {10, 30, 20, 40}>
      {
        y = MatMul (x, m)
      }
      "
    `);
  });

  it('does not store a result that is larger than what it frees', async () => {
    const { changes, kept } = await apply(
      `g (float[64,64] x) => (y) <int64[2] s = {64, 64}> {
        [big] c = ConstantOfShape <value = float[1] {2}> (s)
        y = Add (x, c)
      }`,
      foldConstants,
    );
    expect(changes).toEqual([]);
    expect(kept).toEqual([
      expect.stringMatching(/^big \(ConstantOfShape\): folding it would add 16\d\d\d bytes$/),
    ]);
  });

  it('folds what leads to something that is too large to fold', async () => {
    const { text } = await apply(
      `g (float[64,64] x) => (y) <int64 n = {32}, int64 two = {2}, int64[1] zero = {0}> {
        m = Mul (n, two)
        u = Unsqueeze (m, zero)
        s = Concat <axis = 0> (u, u)
        c = ConstantOfShape <value = float[1] {2}> (s)
        y = Add (x, c)
      }`,
      foldConstants,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[64,64] x) => (y)
        <int64[2] s = {64, 64}>
      {
        c = ConstantOfShape <value = float[1] {2}> (s)
        y = Add (x, c)
      }
      "
    `);
  });

  it('finds what is small behind something large', async () => {
    const { text } = await apply(
      `g (float x) => (y) <int64[1] s = {4096}, int64[1] axis = {0}> {
        c = ConstantOfShape <value = float[1] {0.5}> (s)
        r = ReduceSum <keepdims = 0> (c, axis)
        y = Add (x, r)
      }`,
      foldConstants,
    );
    expect(text).toContain('float r = {2048}');
  });

  it('keeps tied weights tied', async () => {
    const { changes, kept } = await apply(
      `g (int64[3] i) => (y) <float[40,20] e = {0.5, 1, 2}> {
        h = Gather (e, i)
        [head] t = Transpose <perm = [1, 0]> (e)
        y = MatMul (h, t)
      }`,
      foldConstants,
    );
    expect(changes).toEqual([]);
    expect(kept).toEqual([expect.stringMatching(/^head \(Transpose\): folding it would add 3\d\d\d bytes$/)]);
  });

  it('folds the three parts of a fused weight together', async () => {
    const { changes } = await apply(
      `g (float[1,32] x) => (a, b, c) <float[32,48] w = {1, 2, 3}, int64[3] s = {16, 16, 16}> {
        q, k, v = Split <axis = 1> (w, s)
        a = MatMul (x, q)
        b = MatMul (x, k)
        c = MatMul (x, v)
      }`,
      foldConstants,
    );
    expect(changes).toEqual(['folded Split: 3 (q, k, v)']);
  });

  it('stores once what two branches compute alike', async () => {
    const { text, changes } = await apply(
      `g (bool c, float[1,32] x) => (y) <float[48,32] w = {1, 2, 3}> {
        y = If <
          then_branch = t () => (float[1,48] a) { u = Transpose (w) a = MatMul (x, u) },
          else_branch = e () => (float[1,48] b) { v = Transpose (w) n = Neg (x) b = MatMul (n, v) }
        > (c)
      }`,
      foldConstants,
    );
    expect(changes).toEqual(['folded Transpose: 2 (u, v)', 'merged initializer of a subgraph: 2 (u, v)']);
    expect(text).toMatchInlineSnapshot(`
      "g (bool c, float[1,32] x) => (y)
        <float[32,48] u_1 = {...}>
      {
        y = If <then_branch = t () => (float[1,48] a)
        {
          a = MatMul (x, u_1)
        }, else_branch = e () => (float[1,48] b)
        {
          n = Neg (x)
          b = MatMul (n, u_1)
        }> (c)
      }
      "
    `);
  });

  it('leaves quantized constants and random numbers alone', async () => {
    const { changes } = await applyUnrun(
      `g (float[2] x) => (y, z) <int32[2] b = {1, 2}, float s = {0.5}, int32 o = {0}> {
        d = DequantizeLinear (b, s, o)
        r = RandomNormal <shape = [2]> ()
        y = Add (x, d)
        z = Add (x, r)
      }`,
      foldConstants,
    );
    expect(changes).toEqual([]);
  });

  it('does not take defaults of inputs for constants', async () => {
    const { changes } = await apply(
      'g (float[2] x, float[2] w = {1, 2}) => (y) { n = Neg (w) y = Add (x, n) }',
      foldConstants,
    );
    expect(changes).toEqual([]);
  });

  it('takes the listed constants of IR 3 for constants, and lists none any more', async () => {
    const { text } = await apply(
      `<ir_version: 3, opset_import: ["": 9]>
      g (float[2] x, float[2] w = {1, 2}) => (y) { n = Neg (w) y = Add (x, n) }`,
      foldConstants,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x) => (y)
        <float[2] n = {-1, -2}>
      {
        y = Add (x, n)
      }
      "
    `);
  });

  it('folds in branches, from constants around them and in them', async () => {
    const { text } = await apply(
      `g (bool c, float[2,2] x) => (y) <float[2,2] w = {1, 2, 3, 4}> {
        n = Neg (w)
        y = If <
          then_branch = t () => (float[2,2] a) { u = Transpose (n) a = MatMul (x, u) },
          else_branch = e () => (float[2,2] b) <float[2,2] k = {5, 6, 7, 8}> { b = Transpose (k) }
        > (c)
      }`,
      foldConstants,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (bool c, float[2,2] x) => (y)
      {
        y = If <then_branch = t () => (float[2,2] a)
          <float[2,2] u = {-1, -3, -2, -4}>
        {
          a = MatMul (x, u)
        }, else_branch = e () => (float[2,2] b)
          <float[2,2] b = {5, 7, 6, 8}>
        {
        }> (c)
      }
      "
    `);
  });

  it('gives graph outputs their constant', async () => {
    const { text } = await apply(
      'g (float[2] x) => (float[2] y, z) <float[2] w = {1, -2}> { z = Abs (w) y = Add (x, z) }',
      foldConstants,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x) => (float[2] y, float[2] z)
        <float[2] z = {1, 2}>
      {
        y = Add (x, z)
      }
      "
    `);
  });

  it('goes on past a node that fails', async () => {
    const { changes, kept } = await applyUnrun(
      `g (float[2] x) => (y, z) <float[2] w = {1, 2}, int64[1] i = {7}> {
        [bad] b = Gather (w, i)
        n = Neg (w)
        y = Add (x, n)
        z = Add (x, b)
      }`,
      foldConstants,
    );
    expect(changes).toEqual(['folded Neg: 1 (n)']);
    expect(kept).toEqual([expect.stringContaining('bad (Gather): ')]);
  });
});

describe('fold-constants on large weights', () => {
  const big = 'float[300,400] w = {1, 2, 3, 4, 5, 6, 7}';
  it.for([
    ['Transpose', 't = Transpose (w)', ''],
    [
      'Transpose of more axes',
      'r = Reshape (w, s) t = Transpose <perm = [2, 0, 3, 1]> (r)',
      ', int64[4] s = {3, 100, -1, 8}',
    ],
    ['Reshape', 't = Reshape (w, s)', ', int64[3] s = {0, -1, 4}'],
    ['Flatten', 'r = Reshape (w, s) t = Flatten <axis = -1> (r)', ', int64[3] s = {0, -1, 4}'],
    [
      'Unsqueeze and Squeeze',
      'u = Unsqueeze (w, a) t = Squeeze (u, o)',
      ', int64[2] a = {0, -1}, int64[1] o = {0}',
    ],
    [
      'Slice',
      't = Slice (w, a, b, c, d)',
      ', int64[2] a = {-1, 3}, int64[2] b = {-10000, 9999}, int64[2] c = {0, -1}, int64[2] d = {-3, 2}',
    ],
    ['Slice of rows', 't = Slice (w, a, b)', ', int64[1] a = {2}, int64[1] b = {-1}'],
    ['Split', 'l, t = Split <num_outputs = 2, axis = -1> (w) z = Mul (x, l)', ''],
    ['Concat', 't = Concat <axis = 1> (w, v, w)', ', float[300,1] v = {9, 8}'],
    [
      'Identity of a Transpose of a slice',
      'a = Slice (w, o, e) b = Transpose (a) t = Identity (b)',
      ', int64[1] o = {0}, int64[1] e = {299}',
    ],
  ])('%s', async ([, nodes, constants]) => {
    const outputs = nodes?.includes('z = ') ? 'y, z' : 'y';
    const text = `g (float x) => (${outputs}) <${big}${constants}> { ${nodes} y = Mul (x, t) }`;
    const { changes } = await apply(text, foldConstants);
    // A Concat of a weight with itself is larger than the weight.
    if (!nodes?.includes('Concat')) expect(changes.join()).toContain('folded');
  });
});

describe('lift-constants', () => {
  it('turns every form of Constant into an initializer', async () => {
    const { text } = await apply(
      `g (float[2] x) => (y, o) {
        a = Constant <value = float[2] {1, 2}> ()
        b = Constant <value_float: float = 3> ()
        c = Constant <value_floats: floats = [4, 5]> ()
        d = Constant <value_int = 6> ()
        e = Constant <value_ints = [7, 8]> ()
        f = Constant <value_string = "nine"> ()
        s = Constant <value_strings = ["ten", "eleven"]> ()
        o = Constant <value = float {12}> ()
        h = Sum (x, a, b, c)
        i = Add (d, e)
        j = Cast <to = 1> (i)
        u = Equal (f, s)
        v = Cast <to = 1> (u)
        y = Sum (h, j, v)
      }`,
      liftConstants,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x) => (y, float o)
        <float[2] a = {1, 2},
         float b = {3},
         float[2] c = {4, 5},
         int64 d = {6},
         int64[2] e = {7, 8},
         string f = {"nine"},
         string[2] s = {"ten", "eleven"},
         float o = {12}>
      {
        h = Sum (x, a, b, c)
        i = Add (d, e)
        j = Cast <to = 1> (i)
        u = Equal (f, s)
        v = Cast <to = 1> (u)
        y = Sum (h, j, v)
      }
      "
    `);
  });

  it('lifts within branches, even when nothing else is there', async () => {
    const { text } = await apply(
      `g (bool c) => (y) {
        y = If <
          then_branch = t () => (float[1] a) { a = Constant <value = float[1] {1}> () },
          else_branch = e () => (float[1] b) { k = Constant <value_floats: floats = [2]> () b = Neg (k) }
        > (c)
      }`,
      liftConstants,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (bool c) => (y)
      {
        y = If <then_branch = t () => (float[1] a)
          <float[1] a = {1}>
        {
        }, else_branch = e () => (float[1] b)
          <float[1] k = {2}>
        {
          b = Neg (k)
        }> (c)
      }
      "
    `);
  });
});
