/** The graph of a step as text: forward, loss, backward and update of a tiny model, as a reader would write them down. */
import { expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { printModel } from '../../src/ir/print.ts';
import { silentContext } from '../../src/step.ts';
import { objectiveFor } from '../../src/train/composition.ts';
import { buildStep } from '../../src/train/graph/step-graph.ts';
import { DEFAULT_SETTINGS } from '../../src/train/optimizers/optimizer.ts';
import { optimizerNamed } from '../../src/train/optimizers/table.ts';
import { LEARN_DEFAULTS } from '../../src/train/options.ts';
import { noisyModel } from '../support/quantized.ts';

const MODEL = `g (float[N,4] x) => (float[N,3] y)
  <float[4,8] first = {0}, float[8,3] second = {0}>
  { a = MatMul(x, first) b = Relu(a) y = MatMul(b, second) }`;

const feed = (dims: readonly number[], data: HostTensor['data'], dtype: string): HostTensor =>
  ({ dtype, dims, data }) as HostTensor;

it('a step of two products, cross-entropy and AdamW', async () => {
  const step = await buildStep(
    noisyModel(MODEL),
    {
      objective: objectiveFor({ ...LEARN_DEFAULTS, data: '' }, 0, true),
      output: 'y',
      trained: new Set(['first', 'second']),
      decay: () => 0.01,
      optimizer: optimizerNamed('adamw'),
      settings: DEFAULT_SETTINGS,
      clip: null,
      ema: null,
      frozenBatchNorm: false,
      keepZeros: false,
      accumulate: 1,
    },
    {
      inputs: { x: feed([2, 4], new Float32Array(8), 'float32') },
      labels: feed([2], new BigInt64Array(2), 'int64'),
      scores: null,
      hints: {},
    },
    silentContext({ threads: 1 }),
  );
  const lines = printModel(step.model).split('\n');
  const after = (part: string): number => lines.findIndex((line) => line.includes(`${part} = `)) + 1;
  const update = lines.findIndex((line) => line.includes('(first_mean, ') && line.includes(' = '));
  // From the last on, so that places stay.
  lines.splice(update, 0, '  # update');
  lines.splice(after(step.loss), 0, '  # backward');
  lines.splice(after('y'), 0, '  # loss');
  lines.splice(lines.indexOf('{') + 1, 0, '  # forward');
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "<
      ir_version: 10,
      opset_import: ["": 21]
    >
    g (float[2,4] x, float[4,8] first, float[8,3] second, int64[2] labels, float weight_ce, float rate, float[4,8] first_mean, float[4,8] first_square, float epsilon, float factor, float[8,3] second_mean, float[8,3] second_square) => (float mul_2_output, float div_output, sub_2_output, add_output, add_1_output, sub_4_output, add_3_output, add_4_output)
      <float number = {-100},
       int64[1] vector = {2},
       int64[1] vector_1 = {1},
       float number_1 = {1},
       int64[2] vector_2 = {2, 1},
       float number_2 = {0},
       int64[2] vector_3 = {2, 3},
       int64[2] vector_4 = {2, 8},
       int64[2] vector_5 = {8, 3},
       int64[2] vector_6 = {2, 4},
       int64[2] vector_7 = {4, 8},
       float number_3 = {0.9},
       float number_4 = {0.999},
       float number_5 = {0.01}>
    {
      # forward
      a = MatMul (x, first)
      b = Relu (a)
      y = MatMul (b, second)
      # loss
      [cast] cast_output = Cast <to = 1> (labels)
      [equal] equal_output = Equal (cast_output, number)
      [not] not_output = Not (equal_output)
      [cast_1] cast_1_output = Cast <to = 1> (not_output)
      [reshape] reshape_output = Reshape <allowzero = 1> (cast_1_output, vector)
      [logsoftmax] logsoftmax_output = LogSoftmax <axis = 1> (y)
      [reshape_1] reshape_1_output = Reshape <allowzero = 1> (labels, vector)
      [cast_2] cast_2_output = Cast <to = 7> (reshape_1_output)
      [cast_3] cast_3_output = Cast <to = 1> (cast_2_output)
      [mul] mul_output = Mul (cast_3_output, reshape_output)
      [cast_4] cast_4_output = Cast <to = 7> (mul_output)
      [unsqueeze] unsqueeze_output = Unsqueeze (cast_4_output, vector_1)
      [gatherelements] gatherelements_output = GatherElements <axis = 1> (logsoftmax_output, unsqueeze_output)
      [reshape_2] reshape_2_output = Reshape <allowzero = 1> (gatherelements_output, vector)
      [neg] neg_output = Neg (reshape_2_output)
      [mul_1] mul_1_output = Mul (neg_output, reshape_output)
      [reducesum] reducesum_output = ReduceSum <keepdims = 0> (mul_1_output)
      [reducesum_1] reducesum_1_output = ReduceSum <keepdims = 0> (reshape_output)
      [max] max_output = Max (reducesum_1_output, number_1)
      [div] div_output = Div (reducesum_output, max_output)
      [mul_2] mul_2_output = Mul (div_output, weight_ce)
      # backward
      [mul_3] mul_3_output = Mul (number_1, weight_ce)
      [div_1] div_1_output = Div (mul_3_output, max_output)
      [reshape_3] reshape_3_output = Reshape <allowzero = 1> (div_1_output, vector_1)
      [expand] expand_output = Expand (reshape_3_output, vector)
      [mul_4] mul_4_output = Mul (expand_output, reshape_output)
      [neg_1] neg_1_output = Neg (mul_4_output)
      [reshape_5] reshape_5_output = Reshape <allowzero = 1> (neg_1_output, vector_2)
      [expand_1] expand_1_output = Expand (number_2, vector_3)
      [scatterelements] scatterelements_output = ScatterElements <axis = 1, reduction = "add"> (expand_1_output, unsqueeze_output, reshape_5_output)
      [exp] exp_output = Exp (logsoftmax_output)
      [reducesum_2] reducesum_2_output = ReduceSum <keepdims = 1> (scatterelements_output, vector_1)
      [mul_5] mul_5_output = Mul (exp_output, reducesum_2_output)
      [sub] sub_output = Sub (scatterelements_output, mul_5_output)
      [transpose] transpose_output = Transpose <perm: ints = [1, 0]> (second)
      [matmul] matmul_output = MatMul (sub_output, transpose_output)
      [reshape_6] reshape_6_output = Reshape <allowzero = 1> (matmul_output, vector_4)
      [reshape_7] reshape_7_output = Reshape <allowzero = 1> (b, vector_4)
      [reshape_8] reshape_8_output = Reshape <allowzero = 1> (sub_output, vector_3)
      [gemm] gemm_output = Gemm <transA = 1> (reshape_7_output, reshape_8_output)
      [reshape_9] reshape_9_output = Reshape <allowzero = 1> (gemm_output, vector_5)
      [greater] greater_output = Greater (b, number_2)
      [cast_5] cast_5_output = Cast <to = 1> (greater_output)
      [mul_6] mul_6_output = Mul (reshape_6_output, cast_5_output)
      [reshape_10] reshape_10_output = Reshape <allowzero = 1> (x, vector_6)
      [reshape_11] reshape_11_output = Reshape <allowzero = 1> (mul_6_output, vector_4)
      [gemm_1] gemm_1_output = Gemm <transA = 1> (reshape_10_output, reshape_11_output)
      [reshape_12] reshape_12_output = Reshape <allowzero = 1> (gemm_1_output, vector_7)
      # update
      [mul_7] mul_7_output = Mul (first_mean, number_3)
      [add] add_output = Add (mul_7_output, reshape_12_output)
      [mul_8] mul_8_output = Mul (first_square, number_4)
      [mul_9] mul_9_output = Mul (reshape_12_output, reshape_12_output)
      [add_1] add_1_output = Add (mul_8_output, mul_9_output)
      [sqrt] sqrt_output = Sqrt (add_1_output)
      [add_2] add_2_output = Add (sqrt_output, epsilon)
      [div_2] div_2_output = Div (add_output, add_2_output)
      [mul_10] mul_10_output = Mul (rate, number_5)
      [sub_1] sub_1_output = Sub (number_1, mul_10_output)
      [mul_11] mul_11_output = Mul (first, sub_1_output)
      [mul_12] mul_12_output = Mul (rate, factor)
      [mul_13] mul_13_output = Mul (div_2_output, mul_12_output)
      [sub_2] sub_2_output = Sub (mul_11_output, mul_13_output)
      [mul_14] mul_14_output = Mul (second_mean, number_3)
      [add_3] add_3_output = Add (mul_14_output, reshape_9_output)
      [mul_15] mul_15_output = Mul (second_square, number_4)
      [mul_16] mul_16_output = Mul (reshape_9_output, reshape_9_output)
      [add_4] add_4_output = Add (mul_15_output, mul_16_output)
      [sqrt_1] sqrt_1_output = Sqrt (add_4_output)
      [add_5] add_5_output = Add (sqrt_1_output, epsilon)
      [div_3] div_3_output = Div (add_3_output, add_5_output)
      [mul_17] mul_17_output = Mul (rate, number_5)
      [sub_3] sub_3_output = Sub (number_1, mul_17_output)
      [mul_18] mul_18_output = Mul (second, sub_3_output)
      [mul_19] mul_19_output = Mul (rate, factor)
      [mul_20] mul_20_output = Mul (div_3_output, mul_19_output)
      [sub_4] sub_4_output = Sub (mul_18_output, mul_20_output)
    }
    "
  `);
});
