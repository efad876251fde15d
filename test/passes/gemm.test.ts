import { describe, expect, it } from 'vitest';
import { canonicalGemm } from '../../src/passes/canonical-gemm.ts';
import { gemmToMatmul } from '../../src/passes/gemm-to-matmul.ts';
import { apply } from '../support/apply.ts';

const W = 'float[3,2] w = {1, 2, 3, 4, 5, 6}, float[2] b = {7, 8}';

describe('canonical-gemm', () => {
  it('joins MatMul and Add on matrices, folds alpha and beta', async () => {
    const { text, changes } = await apply(
      `g (float[4,3] x) => (y) <${W}, float[2,2] u = {1, 2, 3, 4}> {
        [m] p = MatMul (x, w)
        [a] s = Add (b, p)
        [f] y = Gemm <alpha = 0.5, beta = 2.0> (s, u, b)
      }`,
      canonicalGemm,
    );
    expect(changes).toEqual([
      'joined MatMul and Add to Gemm: 1 (a (Add))',
      'folded beta of Gemm: 1 (f (Gemm))',
      'folded alpha of Gemm: 1 (f (Gemm))',
    ]);
    expect(text).toMatchInlineSnapshot(`
      "g (float[4,3] x) => (y)
        <float[3,2] w = {1, 2, 3, 4, 5, 6},
         float[2] b = {7, 8},
         float[2,2] u = {0.5, 1, 1.5, 2},
         float[2] b_1 = {14, 16}>
      {
        [m] s = Gemm (x, w, b)
        [f] y = Gemm (s, u, b_1)
      }
      "
    `);
  });

  it.for([
    ['three axes', 'float[2,4,3] x', 'p = MatMul (x, w) y = Add (p, b)', ''],
    ['a product that is used twice', 'float[4,3] x', 'p = MatMul (x, w) q = Add (p, b) y = Mul (p, q)', ''],
    [
      'a bias longer than a row',
      'float[4,3] x',
      'p = MatMul (x, c) y = Add (p, b)',
      ', float[3,1] c = {1, 2, 3}',
    ],
  ])('keeps %s', async ([, input, nodes, constants]) => {
    const { changes } = await apply(`g (${input}) => (y) <${W}${constants}> { ${nodes} }`, canonicalGemm);
    expect(changes).toEqual([]);
  });

  it('keeps alpha when the weight is shared', async () => {
    const { kept } = await apply(
      `g (float[4,3] x) => (y, z) <${W}> { [f] y = Gemm <alpha = 0.5> (x, w) z = MatMul (x, w) }`,
      canonicalGemm,
    );
    expect(kept).toEqual(['f (Gemm): alpha is not one and B is used elsewhere too']);
  });

  it('drops what beta makes nothing of', async () => {
    const { text } = await apply(
      `g (float[4,3] x) => (y) <${W}> { y = Gemm <beta = 0.0> (x, w, b) }`,
      canonicalGemm,
    );
    expect(text).toContain('y = Gemm (x, w)\n');
  });
});

describe('gemm-to-matmul', () => {
  it('names what it makes as the quantizer of onnxruntime does', async () => {
    const { text } = await apply(
      `g (float[4,3] x) => (y) <float[2,3] w = {1, 2, 3, 4, 5, 6}, float[2] b = {7, 8}> {
        [f] y = Gemm <transB = 1, alpha = 2.0> (x, w, b)
      }`,
      gemmToMatmul,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[4,3] x) => (y)
        <float[3,2] w = {2, 8, 4, 10, 6, 12},
         float[2] b = {7, 8}>
      {
        [f_MatMul] y_MatMul = MatMul (x, w)
        [f_Add] y = Add (y_MatMul, b)
      }
      "
    `);
  });

  it('needs no Add without a bias, and turns a weight once for all who use it', async () => {
    const { text } = await apply(
      `g (float[4,3] x, float[2,3] v) => (y, z) <float[2,3] w = {1, 2, 3, 4, 5, 6}> {
        y = Gemm <transB = 1> (x, w)
        z = Gemm <transB = 1> (v, w)
      }`,
      gemmToMatmul,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[4,3] x, float[2,3] v) => (y, z)
        <float[3,2] w = {1, 4, 2, 5, 3, 6}>
      {
        y = MatMul (x, w)
        z = MatMul (v, w)
      }
      "
    `);
  });

  it('transposes a computed weight by a node', async () => {
    const { text } = await apply(
      'g (float[4,3] x, float[2,3] w) => (y) { [f] y = Gemm <transB = 1> (x, w) }',
      gemmToMatmul,
    );
    expect(text).toContain('[f_Transpose] w_Transposed = Transpose <perm: ints = [1, 0]> (w)');
  });

  it.for([
    ['a tied weight', 'y = Gemm <transB = 1> (x, e) z = Gather (e, i)', /used elsewhere, untransposed/],
    ['a transposed input', 'y = Gemm <transA = 1> (x, k) z = Identity (x)', /first input is transposed/],
  ] as const)('keeps %s', async ([, nodes, why]) => {
    const { kept, changes } = await apply(
      `g (float[4,3] x) => (y, z) <float[5,3] e = {1, 2}, float[4,2] k = {3, 4}, int64[2] i = {0, 1}> { ${nodes} }`,
      gemmToMatmul,
    );
    expect(changes).toEqual([]);
    expect(kept).toEqual([expect.stringMatching(why)]);
  });
});
