import { describe, expect, it } from 'vitest';
import { printModel } from '../../src/ir/print.ts';
import { runPasses } from '../../src/passes/pass.ts';
import { upgradeOpset } from '../../src/passes/upgrade-opset.ts';
import { silentContext } from '../../src/step.ts';
import { apply } from '../support/apply.ts';
import { parseModel } from '../support/parse.ts';

const head = (opset: number): string => `<ir_version: 4, opset_import: ["": ${opset}]>`;
const image = 'float[1,2,4,6] x';

/** Nodes of an old opset, with constants; `y` is what comes out. */
const CASES: readonly (readonly [
  name: string,
  opset: number,
  inputs: string,
  nodes: string,
  constants?: string,
])[] = [
  [
    'Squeeze and Unsqueeze',
    11,
    'float[1,3] x',
    'a = Unsqueeze <axes = [0, -1]> (x) y = Squeeze <axes = [1]> (a)',
  ],
  ['Squeeze without axes', 9, 'float[1,3,1] x', 'y = Squeeze (x)'],
  ['ReduceSum', 11, image, 'y = ReduceSum <axes = [-1, 1], keepdims = 0> (x)'],
  [
    'ReduceMean and ReduceL2',
    9,
    image,
    'a = ReduceMean <axes = [1]> (x) y = ReduceL2 <axes = [2, 3], keepdims = 0> (a)',
  ],
  ['ReduceMax of everything', 13, image, 'y = ReduceMax (x)'],
  ['Split', 11, image, 'a, b = Split <axis = 3, split = [2, 4]> (x) y = Neg (b)'],
  ['Split in equal parts', 9, image, 'a, b, c = Split <axis = 3> (x) y = Sub (a, c)'],
  ['Slice', 9, image, 'y = Slice <starts = [1, -2], ends = [2147483647, 5], axes = [2, 3]> (x)'],
  ['Slice without axes', 7, image, 'y = Slice <starts = [0, 1], ends = [1, 2]> (x)'],
  ['TopK', 9, image, 'v, y = TopK <k = 2, axis = 3> (x)'],
  ['Clip', 9, image, 'a = Clip <min = -0.5, max = 0.25> (x) b = Clip <min = 0.0> (a) y = Clip (b)'],
  ['Clip of halves', 10, image, 'a = Cast <to = 10> (x) y = Clip <max = 0.5> (a)'],
  [
    'Pad',
    10,
    image,
    'a = Pad <pads = [0, 0, 1, 2, 0, 0, 0, 1], value = 1.5> (x) y = Pad <pads = [0, 0, 0, 1, 0, 0, 0, 1], mode = "reflect"> (a)',
  ],
  ['Dropout', 9, image, 'y = Dropout <ratio = 0.3> (x)'],
  ['Upsample of opset 8', 8, image, 'y = Upsample <scales = [1.0, 1.0, 2.0, 3.0], mode = "nearest"> (x)'],
  [
    'Upsample with odd factors',
    9,
    image,
    'y = Upsample <mode = "nearest"> (x, s)',
    'float[4] s = {1, 1, 1.3, 2.6}',
  ],
  ['Upsample, linear', 9, image, 'y = Upsample <mode = "linear"> (x, s)', 'float[4] s = {1, 1, 2, 2.5}'],
  [
    'Upsample by computed scales',
    9,
    'float[1,2,4,6] x, float[4] f',
    'i = Abs (f) o = Ceil (i) t = Add (o, n) s = Mul (t, e) u = Add (s, n) y = Upsample <mode = "nearest"> (x, u)',
    'float[4] n = {1, 1, 1, 1}, float[4] e = {0, 0, 0.5, 0.5}',
  ],
  ['Resize that enlarges', 10, image, 'y = Resize <mode = "nearest"> (x, s)', 'float[4] s = {1, 1, 1.7, 2}'],
  ['Resize that shrinks', 10, image, 'y = Resize <mode = "nearest"> (x, s)', 'float[4] s = {1, 1, 0.5, 0.4}'],
  ['Resize, linear', 10, image, 'y = Resize <mode = "linear"> (x, s)', 'float[4] s = {1, 1, 0.6, 2}'],
  [
    'Scatter',
    9,
    'float[3,3] x',
    'y = Scatter <axis = 1> (x, i, u)',
    'int64[1,2] i = {0, 2}, float[1,2] u = {7, 8}',
  ],
  [
    'BatchNormalization',
    8,
    'float[1,2,4,6] x',
    'y = BatchNormalization <spatial = 1, epsilon = 0.01> (x, s, s, s, s)',
    'float[2] s = {1, 2}',
  ],
  ['Softmax over the rest', 9, image, 'y = Softmax (x)'],
  ['Softmax over the last axis', 11, image, 'y = Softmax <axis = 3> (x)'],
  ['Softmax over the last axis from behind', 11, image, 'y = Softmax <axis = -1> (x)'],
  ['Softmax over axes from behind', 11, image, 'y = Softmax <axis = -2> (x)'],
  ['LogSoftmax and Hardmax', 11, image, 'a = LogSoftmax <axis = 2> (x) y = Hardmax <axis = 1> (a)'],
  ['Softmax in front of axes of one', 11, 'float[2,3,1,1] x', 'y = Softmax <axis = 1> (x)'],
  [
    'RoiAlign',
    11,
    image,
    'y = RoiAlign <output_height = 2, output_width = 2, sampling_ratio = 2> (x, r, b)',
    'float[1,4] r = {0.3, 0.2, 3.1, 2.9}, int64[1] b = {0}',
  ],
  [
    'GridSample',
    16,
    image,
    'y = GridSample <mode = "bilinear"> (x, g)',
    'float[1,1,2,2] g = {0.1, -0.2, 0.5, 0.9}',
  ],
  [
    'GridSample, cubic',
    16,
    image,
    'y = GridSample <mode = "bicubic"> (x, g)',
    'float[1,1,2,2] g = {0.1, -0.2, 0.5, 0.9}',
  ],
  ['DFT', 17, 'float[1,4,1] x', 'y = DFT (x)'],
  [
    'AveragePool, partial windows',
    11,
    'float[1,1,7,7] x',
    'y = AveragePool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1, pads = [1, 1, 0, 0]> (x)',
  ],
  [
    'QuantizeLinear',
    10,
    image,
    'q = QuantizeLinear (x, s, z) y = DequantizeLinear (q, s, z)',
    'float s = {0.1}, uint8 z = {128}',
  ],
  [
    'LSTM',
    11,
    'float[2,1,3] x',
    'y = LSTM <hidden_size = 2> (x, w, r)',
    'float[1,8,3] w = {0.1, -0.2, 0.3}, float[1,8,2] r = {0.2, 0.1}',
  ],
];

describe('upgrade-opset', () => {
  it.for(CASES)('%s means the same at 21', async ([, opset, inputs, nodes, constants]) => {
    const middle = constants ? `<${constants}>` : '';
    const { changes } = await apply(
      `${head(opset)} g (${inputs}) => (y) ${middle} { ${nodes} }`,
      upgradeOpset(21),
    );
    expect(changes.at(-1)).toBe(`raised ai.onnx ${opset} to 21: 1 (model)`);
  });

  it.for([10, 11, 13, 19])('stops at %i', async (target) => {
    const { traces } = await apply(
      `${head(9)} g (${image}) => (y) { a = Softmax <axis = 2> (x) b = Clip <min = 0.0> (a) y = ReduceSum <axes = [1]> (b) }`,
      upgradeOpset(target),
    );
    expect(traces[0]?.changes.at(-1)?.what).toBe(`raised ai.onnx 9 to ${target}`);
  });

  it('shows what it wrote instead', async () => {
    const { text } = await apply(
      `${head(9)} g (${image}) => (y) { [s] a = Softmax <axis = 2> (x) [c] y = Clip <max = 0.5> (a) }`,
      upgradeOpset(13),
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[1,2,4,6] x) => (y)
        <float y_max = {0.5}>
      {
        [flatten] a_flat = Flatten <axis = 2> (x)
        [shape] a_shape = Shape (x)
        [s] a_flat_result = Softmax <axis = -1> (a_flat)
        [reshape] a = Reshape (a_flat_result, a_shape)
        [c] y = Clip (a, "", y_max)
      }
      "
    `);
  });

  it('reaches branches and functions', async () => {
    const { text } = await apply(
      `<ir_version: 8, opset_import: ["": 11, "own": 1]>
      g (bool c, float[1,3] x) => (y) {
        t = own.flat (x)
        y = If <
          then_branch = t () => (a) { a = Unsqueeze <axes = [0]> (t) },
          else_branch = e () => (b) { b = Unsqueeze <axes = [1]> (t) }
        > (c)
      }
      <domain: "own", opset_import: ["": 11]> flat (v) => (w) { w = Squeeze <axes = [0]> (v) }`,
      upgradeOpset(13),
    );
    expect(text).toMatchInlineSnapshot(`
      "g (bool c, float[1,3] x) => (y)
      {
        t = own.flat (x)
        y = If <then_branch = t () => (a)
          <int64[1] a_axes = {0}>
        {
          a = Unsqueeze (t, a_axes)
        }, else_branch = e () => (b)
          <int64[1] b_axes = {1}>
        {
          b = Unsqueeze (t, b_axes)
        }> (c)
      }
      <
        domain: "own",
        opset_import: ["": 13]
      >
      flat (v) => (w)
      {
        w_axes = Constant <value = int64[1] {0}> ()
        w = Squeeze (v, w_axes)
      }
      "
    `);
  });

  it('never lowers', async () => {
    expect((await apply(`${head(13)} g (float x) => (y) { y = Neg (x) }`, upgradeOpset(11))).changes).toEqual(
      [],
    );
  });

  it.for([
    [
      'spatial',
      8,
      21,
      `float[1,2,1,1] x`,
      'y = BatchNormalization <spatial = 0> (x, s, s, s, s)',
      'float[2,1,1] s = {1, 2}',
      /spatial = 0/,
    ],
    [
      'scales',
      10,
      11,
      'float[1,1,2,2] x, float[4] s',
      'y = Resize <mode = "nearest"> (x, s)',
      '',
      /scales are not constant/,
    ],
    ['age', 6, 11, 'float[2] x', 'y = Neg (x)', '', /cannot bring ai.onnx 6 to 11/],
    ['future', 13, 99, 'float[2] x', 'y = Neg (x)', '', /cannot bring ai.onnx 13 to 99/],
  ] as const)(
    'refuses for %s and leaves the model as it was',
    async ([, from, to, inputs, nodes, constants, why]) => {
      const model = parseModel(
        `${head(from)} g (${inputs}) => (y, z) ${constants && `<${constants}>`} { z = ReduceSum <axes = [0]> (x) ${nodes} }`,
      );
      const before = printModel(model);
      await expect(runPasses(model, [upgradeOpset(to)], silentContext())).rejects.toThrow(why);
      expect(printModel(model)).toBe(before);
    },
  );
});
