import { describe, expect, it } from 'vitest';
import { fuseBatchNorm } from '../../src/passes/fuse-batch-norm.ts';
import { apply } from '../support/apply.ts';

const NORM =
  'float[4] s = {1.5, -2, 0.5, 3}, float[4] b = {0.1, 0.2, -0.3, 0.4}, float[4] m = {1, -1, 0.5, 2}, float[4] v = {0.5, 2, 1, 4}';
const IMAGE = 'float[2,4,5,5] x';
const VALUES = '{0.3, -0.7, 1.1, 0.2, -0.4, 0.9, -1.3}';

/** Nodes that compute `c`, normalized into `y`. */
const model = (
  input: string,
  nodes: string,
  constants: string,
  norm = 'y = BatchNormalization <epsilon = 0.01> (c, s, b, m, v)',
): string => `g (${input}) => (y) <${constants}, ${NORM}> { ${nodes} ${norm} }`;

describe('fuse-batch-norm', () => {
  it.for([
    ['Conv', IMAGE, 'c = Conv (x, w)', `float[4,4,3,3] w = ${VALUES}`],
    [
      'Conv with a bias',
      IMAGE,
      'c = Conv (x, w, o)',
      `float[4,4,3,3] w = ${VALUES}, float[4] o = {1, 2, 3, 4}`,
    ],
    ['grouped Conv', IMAGE, 'c = Conv <group = 2> (x, w)', `float[4,2,3,3] w = ${VALUES}`],
    ['depthwise Conv', IMAGE, 'c = Conv <group = 4> (x, w)', `float[4,1,3,3] w = ${VALUES}`],
    ['ConvTranspose', IMAGE, 'c = ConvTranspose (x, w)', `float[4,4,3,3] w = ${VALUES}`],
    [
      'grouped ConvTranspose',
      IMAGE,
      'c = ConvTranspose <group = 2> (x, w, o)',
      `float[4,2,3,3] w = ${VALUES}, float[4] o = {1, 2, 3, 4}`,
    ],
    ['Gemm', 'float[2,3] x', 'c = Gemm <alpha = 0.5> (x, w)', `float[3,4] w = ${VALUES}`],
    [
      'transposed Gemm with a weighted bias',
      'float[2,3] x',
      'c = Gemm <transB = 1, beta = 0.25> (x, w, o)',
      `float[4,3] w = ${VALUES}, float[1,4] o = {1, 2, 3, 4}`,
    ],
    [
      'Gemm with one number for all',
      'float[2,3] x',
      'c = Gemm (x, w, o)',
      `float[3,4] w = ${VALUES}, float o = {3}`,
    ],
    ['MatMul', 'float[2,3] x', 'c = MatMul (x, w)', `float[3,4] w = ${VALUES}`],
    [
      'MatMul and Add',
      'float[2,3] x',
      'p = MatMul (x, w) c = Add (o, p)',
      `float[3,4] w = ${VALUES}, float[4] o = {1, 2, 3, 4}`,
    ],
  ])('into %s', async ([, input, nodes, constants]) => {
    const { changes, text } = await apply(model(input ?? '', nodes ?? '', constants ?? ''), fuseBatchNorm);
    expect(changes).toHaveLength(1);
    expect(text).not.toContain('BatchNormalization');
  });

  it('keeps names, and adds a bias where there was none', async () => {
    const { text } = await apply(
      `g (float[1,1,2,2] x) => (y) <float[2,1,1,1] w = {1, 2}, float[2] s = {2, 4}, float[2] b = {1, 1}, float[2] m = {0, 1}, float[2] v = {1, 4}> {
        [conv] c = Conv (x, w)
        [norm] y = BatchNormalization <epsilon = 0.0> (c, s, b, m, v)
      }`,
      fuseBatchNorm,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[1,1,2,2] x) => (y)
        <float[2,1,1,1] w = {2, 4},
         float[2] s = {2, 4},
         float[2] b = {1, 1},
         float[2] m = {0, 1},
         float[2] v = {1, 4},
         float[2] w_bias = {1, -1}>
      {
        [conv] y = Conv (x, w, w_bias)
      }
      "
    `);
  });

  it('gives a shared bias its own copy', async () => {
    const { text } = await apply(
      `g (${IMAGE}) => (y, z) <float[4,4,1,1] w = ${VALUES}, float[4,4,1,1] u = ${VALUES}, float[4] o = {0}, ${NORM}> {
        c = Conv (x, w, o)
        y = BatchNormalization (c, s, b, m, v)
        z = Conv (x, u, o)
      }`,
      fuseBatchNorm,
    );
    expect(text).toContain('z = Conv (x, u, o)');
    expect(text).toContain('y = Conv (x, w, o_1)');
  });

  it('in half precision', async () => {
    const half = (text: string): string => text.replaceAll('float[', 'float16[');
    const { changes } = await apply(
      half(model('float[2,4,5,5] x', 'c = Conv (x, w)', `float[4,4,1,1] w = ${VALUES}`)),
      fuseBatchNorm,
    );
    expect(changes).toHaveLength(1);
  });

  it.for([
    [
      'the weight is shared',
      IMAGE,
      'c = Conv (x, w) d = Conv (x, w) e = Neg (d)',
      `float[4,4,1,1] w = ${VALUES}`,
      /weight of .* is used elsewhere/,
    ],
    [
      'the product is used elsewhere',
      IMAGE,
      'c = Conv (x, w) d = Neg (c)',
      `float[4,4,1,1] w = ${VALUES}`,
      /'c' is used elsewhere/,
    ],
    [
      'the product has three axes',
      'float[2,4,3] x',
      'c = MatMul (x, w)',
      `float[3,4] w = ${VALUES}`,
      /not known to give a matrix/,
    ],
    [
      'the bias is a matrix',
      'float[4,3] x',
      'c = Gemm (x, w, o)',
      `float[3,4] w = ${VALUES}, float[4,1] o = {1, 2, 3, 4}`,
      /not one number per channel/,
    ],
    [
      'there is something between',
      IMAGE,
      'a = Conv (x, w) c = Relu (a)',
      `float[4,4,1,1] w = ${VALUES}`,
      /comes from Relu/,
    ],
    [
      'the weight is computed',
      IMAGE,
      'a = ReduceMax (x) w = Mul (u, a) c = Conv (x, w)',
      `float[4,4,1,1] u = ${VALUES}`,
      /weight of .* is not constant/,
    ],
  ] as const)('stays when %s', async ([, input, nodes, constants, why]) => {
    const { changes, kept } = await apply(model(input, nodes, constants), fuseBatchNorm);
    expect(changes).toEqual([]);
    expect(kept).toEqual([expect.stringMatching(why)]);
  });
});
