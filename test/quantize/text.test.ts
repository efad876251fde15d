/** What the schemes make of operators, as text: names and placement are those of onnxruntime's tools where it has them. */

import { expect, it } from 'vitest';
import { graphOf } from '../support/quantize-graphs.ts';
import { type FixedScheme, type Options, quantize } from '../support/quantized.ts';

async function textOf(graph: string, scheme: FixedScheme, options: Options = {}): Promise<string> {
  return (await quantize(graphOf(graph), scheme, options)).text;
}

it('int8-dynamic: MatMul', async () => {
  expect(await textOf('MatMul', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <int8[64,48] w_quantized = {...},
       float[48] w_scale = {...},
       int8[48] w_zero_point = {...}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      [mm_quant] y_output_quantized = MatMulInteger (x_quantized, w_quantized, x_zero_point, w_zero_point)
      [y_output_quantized_cast] y_output_quantized_cast_output = Cast <to = 1> (y_output_quantized)
      [mm_quant_scales_mul] "mm_quant_scales_mul:0" = Mul (x_scale, w_scale)
      [mm_quant_output_scale_mul] y = Mul (y_output_quantized_cast_output, "mm_quant_scales_mul:0")
    }
    "
  `);
});

it('int8-dynamic: two MatMuls of one value', async () => {
  expect(await textOf('two MatMuls of one value', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y, float[N,32] z)
      <int8[64,48] w_quantized = {...},
       float[48] w_scale = {...},
       int8[48] w_zero_point = {...},
       int8[64,32] v_quantized = {...},
       float[32] v_scale = {...},
       int8[32] v_zero_point = {...}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      [one_quant] y_output_quantized = MatMulInteger (x_quantized, w_quantized, x_zero_point, w_zero_point)
      [y_output_quantized_cast] y_output_quantized_cast_output = Cast <to = 1> (y_output_quantized)
      [one_quant_scales_mul] "one_quant_scales_mul:0" = Mul (x_scale, w_scale)
      [one_quant_output_scale_mul] y = Mul (y_output_quantized_cast_output, "one_quant_scales_mul:0")
      [two_quant] z_output_quantized = MatMulInteger (x_quantized, v_quantized, x_zero_point, v_zero_point)
      [z_output_quantized_cast] z_output_quantized_cast_output = Cast <to = 1> (z_output_quantized)
      [two_quant_scales_mul] "two_quant_scales_mul:0" = Mul (x_scale, v_scale)
      [two_quant_output_scale_mul] z = Mul (z_output_quantized_cast_output, "two_quant_scales_mul:0")
    }
    "
  `);
});

it('int8-dynamic: Gemm transB', async () => {
  expect(await textOf('Gemm transB', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <float[48] b = {...},
       int8[64,48] w_quantized = {...},
       float[48] w_scale = {...},
       int8[48] w_zero_point = {...}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      [gemm_MatMul_quant] y_MatMul_output_quantized = MatMulInteger (x_quantized, w_quantized, x_zero_point, w_zero_point)
      [y_MatMul_output_quantized_cast] y_MatMul_output_quantized_cast_output = Cast <to = 1> (y_MatMul_output_quantized)
      [gemm_MatMul_quant_scales_mul] "gemm_MatMul_quant_scales_mul:0" = Mul (x_scale, w_scale)
      [gemm_MatMul_quant_output_scale_mul] y_MatMul = Mul (y_MatMul_output_quantized_cast_output, "gemm_MatMul_quant_scales_mul:0")
      [gemm_Add] y = Add (y_MatMul, b)
    }
    "
  `);
});

it('int8-dynamic: Gemm alpha and beta', async () => {
  expect(await textOf('Gemm alpha and beta', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <float[48] b = {...},
       int8[64,48] w_quantized = {...},
       float[48] w_scale = {...},
       int8[48] w_zero_point = {...},
       float b_factor = {2}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      b_scaled = Mul (b, b_factor)
      [gemm_MatMul_quant] y_MatMul_output_quantized = MatMulInteger (x_quantized, w_quantized, x_zero_point, w_zero_point)
      [y_MatMul_output_quantized_cast] y_MatMul_output_quantized_cast_output = Cast <to = 1> (y_MatMul_output_quantized)
      [gemm_MatMul_quant_scales_mul] "gemm_MatMul_quant_scales_mul:0" = Mul (x_scale, w_scale)
      [gemm_MatMul_quant_output_scale_mul] y_MatMul = Mul (y_MatMul_output_quantized_cast_output, "gemm_MatMul_quant_scales_mul:0")
      [gemm_Add] y = Add (y_MatMul, b_scaled)
    }
    "
  `);
});

it('int8-dynamic: Gemm transA', async () => {
  expect(await textOf('Gemm transA', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[64,N] x) => (float[N,48] y)
      <float[48] b = {...},
       int8[64,48] w_quantized = {...},
       float[48] w_scale = {...},
       int8[48] w_zero_point = {...}>
    {
      x_transposed = Transpose <perm: ints = [1, 0]> (x)
      [x_transposed_QuantizeLinear] x_transposed_quantized, x_transposed_scale, x_transposed_zero_point = DynamicQuantizeLinear (x_transposed)
      [gemm_MatMul_quant] y_MatMul_output_quantized = MatMulInteger (x_transposed_quantized, w_quantized, x_transposed_zero_point, w_zero_point)
      [y_MatMul_output_quantized_cast] y_MatMul_output_quantized_cast_output = Cast <to = 1> (y_MatMul_output_quantized)
      [gemm_MatMul_quant_scales_mul] "gemm_MatMul_quant_scales_mul:0" = Mul (x_transposed_scale, w_scale)
      [gemm_MatMul_quant_output_scale_mul] y_MatMul = Mul (y_MatMul_output_quantized_cast_output, "gemm_MatMul_quant_scales_mul:0")
      [gemm_Add] y = Add (y_MatMul, b)
    }
    "
  `);
});

it('int8-dynamic: Conv in groups', async () => {
  expect(await textOf('Conv in groups', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[N,16,9,9] x) => (float[N,24,9,9] y)
      <float[24] b = {...},
       int8[24,4,3,3] w_quantized = {...},
       float[24,1,1] w_scale = {...},
       int8 w_zero_point = {0},
       int64[4] y_bias_reshape_shape = {1, -1, 1, 1}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      [conv_quant] y_output_quantized = ConvInteger <group = 4, pads: ints = [1, 1, 1, 1]> (x_quantized, w_quantized, x_zero_point, w_zero_point)
      [y_output_quantized_cast] y_output_quantized_cast_output = Cast <to = 1> (y_output_quantized)
      [conv_quant_scales_mul] "conv_quant_scales_mul:0" = Mul (x_scale, w_scale)
      [conv_quant_output_scale_mul] yquant_scaled_output = Mul (y_output_quantized_cast_output, "conv_quant_scales_mul:0")
      y_bias_reshape_output = Reshape (b, y_bias_reshape_shape)
      [y_bias_add] y = Add (yquant_scaled_output, y_bias_reshape_output)
    }
    "
  `);
});

it('int8-dynamic: Conv that pads itself', async () => {
  expect(await textOf('Conv that pads itself', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[N,16,9,9] x) => (float[N,24,9,9] y)
      <float[24] b = {...},
       int8[24,16,3,3] w_quantized = {...},
       float[24,1,1] w_scale = {...},
       int8 w_zero_point = {0},
       int64[4] y_bias_reshape_shape = {1, -1, 1, 1}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      [conv_quant] y_output_quantized = ConvInteger <auto_pad = "SAME_UPPER"> (x_quantized, w_quantized, x_zero_point, w_zero_point)
      [y_output_quantized_cast] y_output_quantized_cast_output = Cast <to = 1> (y_output_quantized)
      [conv_quant_scales_mul] "conv_quant_scales_mul:0" = Mul (x_scale, w_scale)
      [conv_quant_output_scale_mul] yquant_scaled_output = Mul (y_output_quantized_cast_output, "conv_quant_scales_mul:0")
      y_bias_reshape_output = Reshape (b, y_bias_reshape_shape)
      [y_bias_add] y = Add (yquant_scaled_output, y_bias_reshape_output)
    }
    "
  `);
});

it('int8-dynamic: Conv of one dimension', async () => {
  expect(await textOf('Conv of one dimension', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[N,16,20] x) => (float[N,24,16] y)
      <float[24] b = {...},
       int8[24,16,3] w_quantized = {...},
       float[24,1] w_scale = {...},
       int8 w_zero_point = {0},
       int64[3] y_bias_reshape_shape = {1, -1, 1}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      [conv_quant] y_output_quantized = ConvInteger <dilations: ints = [2]> (x_quantized, w_quantized, x_zero_point, w_zero_point)
      [y_output_quantized_cast] y_output_quantized_cast_output = Cast <to = 1> (y_output_quantized)
      [conv_quant_scales_mul] "conv_quant_scales_mul:0" = Mul (x_scale, w_scale)
      [conv_quant_output_scale_mul] yquant_scaled_output = Mul (y_output_quantized_cast_output, "conv_quant_scales_mul:0")
      y_bias_reshape_output = Reshape (b, y_bias_reshape_shape)
      [y_bias_add] y = Add (yquant_scaled_output, y_bias_reshape_output)
    }
    "
  `);
});

it('int8-dynamic: LSTM both ways, with states', async () => {
  expect(await textOf('LSTM both ways, with states', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[T,2,24] x, float[2,2,16] h, float[2,2,16] c) => (float[T,2,2,16] y, float[2,2,16] yh, float[2,2,16] yc)
      <float[2,128] b = {...},
       int32[2] lengths = {1, 1},
       int8[2,24,64] w_quantized = {...},
       float[2,64] w_scale = {...},
       int8[2,64] w_zero_point = {...},
       int8[2,16,64] r_quantized = {...},
       float[2,64] r_scale = {...},
       int8[2,64] r_zero_point = {...}>
    {
      [lstm_quant] y, yh, yc = com.microsoft.DynamicQuantizeLSTM <hidden_size = 16, direction = "bidirectional"> (x, w_quantized, r_quantized, b, lengths, h, c, "", w_scale, w_zero_point, r_scale, r_zero_point)
    }
    "
  `);
});

it('int8-dynamic: GRU', async () => {
  expect(await textOf('GRU', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[T,B,24] x) => (float[T,1,B,16] y)
      <float[1,96] b = {...},
       int8[1,48,24] w_quantized = {...},
       float[48] w_scale = {...},
       int8[48] w_zero_point = {...},
       int8[1,48,16] r_quantized = {...},
       float[48] r_scale = {...},
       int8[48] r_zero_point = {...}>
    {
      [r_DequantizeLinear] r_dequantized = DequantizeLinear <axis = 1> (r_quantized, r_scale, r_zero_point)
      [w_DequantizeLinear] w_dequantized = DequantizeLinear <axis = 1> (w_quantized, w_scale, w_zero_point)
      [gru] y = GRU <hidden_size = 16, linear_before_reset = 1> (x, w_dequantized, r_dequantized, b)
    }
    "
  `);
});

it('int8-dynamic: Gather of rows', async () => {
  expect(await textOf('Gather of rows', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (int64[N] i) => (float[N,64] y)
      <int8[40,64] table_quantized = {...},
       float[40] table_scale = {...},
       int64[1] y_axes = {-1}>
    {
      [look_quant] y_quantized = Gather (table_quantized, i)
      y_codes = Cast <to = 1> (y_quantized)
      y_scales = Gather (table_scale, i)
      y_column = Unsqueeze (y_scales, y_axes)
      [y_rescale] y = Mul (y_codes, y_column)
    }
    "
  `);
});

it('int8-dynamic: Gather along axis 1', async () => {
  expect(await textOf('Gather along axis 1', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (int64[N] i) => (float[40,N] y)
      <uint8[40,64] table_quantized = {...},
       float table_scale = {0.006514093},
       uint8 table_zero_point = {134}>
    {
      [look_quant] y_quantized = Gather <axis = 1> (table_quantized, i)
      [y_DequantizeLinear] y = DequantizeLinear (y_quantized, table_scale, table_zero_point)
    }
    "
  `);
});

it('int8-dynamic: an embedding tied to its projection', async () => {
  expect(await textOf('an embedding tied to its projection', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (int64[N] i) => (float[N,40] y)
      <int8[40,64] table_quantized = {...},
       float[40] table_scale = {...},
       int8[40] table_zero_point = {...},
       int64[1] rows_axes = {-1}>
    {
      [look_quant] rows_quantized = Gather (table_quantized, i)
      rows_codes = Cast <to = 1> (rows_quantized)
      rows_scales = Gather (table_scale, i)
      rows_column = Unsqueeze (rows_scales, rows_axes)
      [rows_rescale] rows = Mul (rows_codes, rows_column)
      h = Tanh (rows)
      [h_QuantizeLinear] h_quantized, h_scale, h_zero_point = DynamicQuantizeLinear (h)
      table_quantized_transposed = Transpose <perm: ints = [1, 0]> (table_quantized)
      [head_quant] y_output_quantized = MatMulInteger (h_quantized, table_quantized_transposed, h_zero_point, table_zero_point)
      [y_output_quantized_cast] y_output_quantized_cast_output = Cast <to = 1> (y_output_quantized)
      [head_quant_scales_mul] "head_quant_scales_mul:0" = Mul (h_scale, table_scale)
      [head_quant_output_scale_mul] y = Mul (y_output_quantized_cast_output, "head_quant_scales_mul:0")
    }
    "
  `);
});

it('int8-dynamic: Attention', async () => {
  expect(await textOf('Attention', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[B,S,32] x) => (float[B,S,32] y)
      <float[96] b = {...},
       int8[32,96] w_quantized = {...},
       float[96] w_scale = {...},
       int8[96] w_zero_point = {...}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      [att_quant] y = com.microsoft.QAttention <num_heads = 4> (x_quantized, w_quantized, b, x_scale, w_scale, "", x_zero_point, w_zero_point, "")
    }
    "
  `);
});

it('int8-dynamic: FusedMatMul', async () => {
  expect(await textOf('FusedMatMul', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <int8[64,48] w_quantized = {...},
       float[48] w_scale = {...},
       int8[48] w_zero_point = {...}>
    {
      [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
      [mm_quant] y_output_quantized = MatMulInteger (x_quantized, w_quantized, x_zero_point, w_zero_point)
      [y_output_quantized_cast] y_output_quantized_cast_output = Cast <to = 1> (y_output_quantized)
      [mm_quant_scales_mul] "mm_quant_scales_mul:0" = Mul (x_scale, w_scale)
      [mm_quant_output_scale_mul] y = Mul (y_output_quantized_cast_output, "mm_quant_scales_mul:0")
    }
    "
  `);
});

it('int8-dynamic: weights in both branches', async () => {
  expect(await textOf('weights in both branches', 'int8-dynamic')).toMatchInlineSnapshot(`
    "g (bool c, float[N,64] x) => (float[N,48] y)
    {
      [pick] y = If <then_branch = a () => (float[N,48] s)
        <int8[64,48] wa_quantized = {...},
         float[48] wa_scale = {...},
         int8[48] wa_zero_point = {...}>
      {
        [x_QuantizeLinear] x_quantized, x_scale, x_zero_point = DynamicQuantizeLinear (x)
        [ma_quant] s_output_quantized = MatMulInteger (x_quantized, wa_quantized, x_zero_point, wa_zero_point)
        [s_output_quantized_cast] s_output_quantized_cast_output = Cast <to = 1> (s_output_quantized)
        [ma_quant_scales_mul] "ma_quant_scales_mul:0" = Mul (x_scale, wa_scale)
        [ma_quant_output_scale_mul] s = Mul (s_output_quantized_cast_output, "ma_quant_scales_mul:0")
      }, else_branch = b () => (float[N,48] t)
        <int8[64,48] wb_quantized = {...},
         float[48] wb_scale = {...},
         int8[48] wb_zero_point = {...}>
      {
        [x_QuantizeLinear] x_quantized_1, x_scale_1, x_zero_point_1 = DynamicQuantizeLinear (x)
        [mb_quant] t_output_quantized = MatMulInteger (x_quantized_1, wb_quantized, x_zero_point_1, wb_zero_point)
        [t_output_quantized_cast] t_output_quantized_cast_output = Cast <to = 1> (t_output_quantized)
        [mb_quant_scales_mul] "mb_quant_scales_mul:0" = Mul (x_scale_1, wb_scale)
        [mb_quant_output_scale_mul] t = Mul (t_output_quantized_cast_output, "mb_quant_scales_mul:0")
      }> (c)
    }
    "
  `);
});

it('int8-weights: MatMul', async () => {
  expect(await textOf('MatMul', 'int8-weights')).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <int8[64,48] w_quantized = {...},
       float[48] w_scale = {...},
       int8[48] w_zero_point = {...}>
    {
      [w_DequantizeLinear] w_dequantized = DequantizeLinear <axis = 1> (w_quantized, w_scale, w_zero_point)
      [mm] y = MatMul (x, w_dequantized)
    }
    "
  `);
});

it('int8-weights: Conv without bias', async () => {
  expect(await textOf('Conv without bias', 'int8-weights')).toMatchInlineSnapshot(`
    "g (float[N,16,9,9] x) => (float[N,24,7,7] y)
      <int8[24,16,3,3] w_quantized = {...},
       float[24] w_scale = {...},
       int8[24] w_zero_point = {...}>
    {
      [w_DequantizeLinear] w_dequantized = DequantizeLinear <axis = 0> (w_quantized, w_scale, w_zero_point)
      [conv] y = Conv (x, w_dequantized)
    }
    "
  `);
});

it('int8-weights: an embedding tied to its projection', async () => {
  expect(await textOf('an embedding tied to its projection', 'int8-weights')).toMatchInlineSnapshot(`
    "g (int64[N] i) => (float[N,40] y)
      <int8[40,64] table_quantized = {...},
       float[40] table_scale = {...},
       int8[40] table_zero_point = {...},
       int64[1] rows_axes = {-1}>
    {
      [table_DequantizeLinear] table_dequantized = DequantizeLinear <axis = 0> (table_quantized, table_scale, table_zero_point)
      [look_quant] rows_quantized = Gather (table_quantized, i)
      rows_codes = Cast <to = 1> (rows_quantized)
      rows_scales = Gather (table_scale, i)
      rows_column = Unsqueeze (rows_scales, rows_axes)
      [rows_rescale] rows = Mul (rows_codes, rows_column)
      h = Tanh (rows)
      t = Transpose <perm: ints = [1, 0]> (table_dequantized)
      [head] y = MatMul (h, t)
    }
    "
  `);
});

it('int4: Gemm transB', async () => {
  expect(await textOf('Gemm transB', 'int4')).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <float[48] b = {...},
       uint8[48,2,16] w_Q4 = {...},
       float[48,2] w_scales = {...},
       uint8[48,1] w_zero_points = {...}>
    {
      [gemm_Q4] y_MatMul = com.microsoft.MatMulNBits <K = 64, N = 48, bits = 4, block_size = 32> (x, w_Q4, w_scales, w_zero_points)
      [gemm_Add] y = Add (y_MatMul, b)
    }
    "
  `);
});

it('int4: Gemm alpha and beta', async () => {
  expect(await textOf('Gemm alpha and beta', 'int4')).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <float[48] b = {...},
       float b_beta = {2},
       uint8[48,2,16] w_Q4 = {...},
       float[48,2] w_scales = {...},
       uint8[48,1] w_zero_points = {...}>
    {
      b_scaled = Mul (b, b_beta)
      [gemm_Q4] y_MatMul = com.microsoft.MatMulNBits <K = 64, N = 48, bits = 4, block_size = 32> (x, w_Q4, w_scales, w_zero_points)
      [gemm_Add] y = Add (y_MatMul, b_scaled)
    }
    "
  `);
});

it('int4: an embedding tied to its projection', async () => {
  expect(await textOf('an embedding tied to its projection', 'int4')).toMatchInlineSnapshot(`
    "g (int64[N] i) => (float[N,40] y)
      <uint8[40,2,16] table_Q4 = {...},
       float[40,2] table_scales = {...},
       uint8[40,1] table_zero_points = {...},
       int64[2] table_rows_shape = {40, 32}>
    {
      table_rows = Reshape (table_Q4, table_rows_shape)
      [look_Q4] rows = com.microsoft.GatherBlockQuantized <bits = 4, block_size = 32, gather_axis = 0, quantize_axis = 1> (table_rows, i, table_scales, table_zero_points)
      h = Tanh (rows)
      [head_Q4] y = com.microsoft.MatMulNBits <K = 64, N = 40, bits = 4, block_size = 32> (h, table_Q4, table_scales, table_zero_points)
    }
    "
  `);
});

it('int8-weights, folded while loading: MatMul', async () => {
  expect(await textOf('MatMul', 'int8-weights', { format: 'cast' })).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <int8[64,48] w_quantized = {...},
       float[1,48] w_scale = {...}>
    {
      [w_Cast] w_codes = Cast <to = 1> (w_quantized)
      [w_Mul] w_dequantized = Mul (w_codes, w_scale)
      [mm] y = MatMul (x, w_dequantized)
    }
    "
  `);
});

it('int8-weights, folded while loading: an embedding tied to its projection', async () => {
  const options = { format: 'cast', weightType: 'uint8' } as const;
  expect(await textOf('an embedding tied to its projection', 'int8-weights', options)).toMatchInlineSnapshot(`
    "g (int64[N] i) => (float[N,40] y)
      <uint8[40,64] table_quantized = {...},
       float[40] table_scale = {...},
       float rows_zero = {128},
       int64[1] rows_axes = {-1},
       int64[2] table_scale_dims = {40, 1},
       float table_zero = {128}>
    {
      [table_Cast] table_codes = Cast <to = 1> (table_quantized)
      [table_Sub] table_centred = Sub (table_codes, table_zero)
      [table_Reshape] table_scale_column = Reshape (table_scale, table_scale_dims)
      [table_Mul] table_dequantized = Mul (table_centred, table_scale_column)
      [look_quant] rows_quantized = Gather (table_quantized, i)
      rows_codes = Cast <to = 1> (rows_quantized)
      rows_centred = Sub (rows_codes, rows_zero)
      rows_scales = Gather (table_scale, i)
      rows_column = Unsqueeze (rows_scales, rows_axes)
      [rows_rescale] rows = Mul (rows_centred, rows_column)
      h = Tanh (rows)
      t = Transpose <perm: ints = [1, 0]> (table_dequantized)
      [head] y = MatMul (h, t)
    }
    "
  `);
});

it('int4 as blocked QDQ: MatMul, with the opset it needs', async () => {
  const { model, text } = await quantize(graphOf('MatMul'), 'int4', { format: 'qdq', blockSize: 16 });
  expect(model.opset).toBe(21);
  expect(text).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <uint4[64,48] w_DQ_Q4 = {...},
       float[4,48] w_DQ_scales = {...},
       uint4[4,48] w_DQ_zero_points = {...}>
    {
      [w_DequantizeLinear] w_dequantized = DequantizeLinear <axis = 0, block_size = 16> (w_DQ_Q4, w_DQ_scales, w_DQ_zero_points)
      [mm] y = MatMul (x, w_dequantized)
    }
    "
  `);
});

it('int4 with half precision around: MatMul', async () => {
  expect(await textOf('MatMul', 'int4', { halfRest: true })).toMatchInlineSnapshot(`
    "g (float[N,64] x) => (float[N,48] y)
      <uint8[48,2,16] w_Q4 = {...},
       float16[48,2] w_scales = {...},
       uint8[48,1] w_zero_points = {...}>
    {
      [x_to_float16] x_float16 = Cast <to = 10> (x)
      [mm_Q4] y_float16 = com.microsoft.MatMulNBits <K = 64, N = 48, bits = 4, block_size = 32> (x_float16, w_Q4, w_scales, w_zero_points)
      [y_float16_to_float32] y = Cast <to = 1> (y_float16)
    }
    "
  `);
});
