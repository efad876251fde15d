/** Elementwise, pooling and joining operators on quantized values: one scale and zero point for each tensor. */
import { defineOps, type OpSpec } from '../spec.ts';

const QUANTIZED = { kind: 'quantized' } as const;

export const quantizedElementwise: readonly OpSpec[] = [
  ...defineOps(['com.microsoft.QLinearAdd', 'com.microsoft.QLinearMul'], {
    axes: 'A[*s], _, _, B[*s], _, _, _, _ -> C[*s]',
    quant: QUANTIZED,
    types: 'T, float32, T?, T, float32, T?, float32, T? -> T',
  }),
  ...defineOps(['com.microsoft.QLinearLeakyRelu', 'com.microsoft.QLinearSigmoid'], {
    axes: 'X[*s], _, _, _, _ -> Y[*s]',
    quant: QUANTIZED,
    types: 'T, float32, T?, float32, T? -> T',
  }),
  {
    type: 'com.microsoft.QLinearWhere',
    axes: 'C[*s], X[*s], _, _, Y[*s], _, _, _, _ -> Z[*s]',
    quant: QUANTIZED,
    types: 'bool, T, float32, T, T, float32, T, float32, T -> T',
  },
  ...defineOps(['com.microsoft.QLinearAveragePool', 'com.microsoft.QLinearReduceMean'], {
    quant: QUANTIZED,
    types: 'T, float32, T?, float32, T? -> T',
  }),
  { type: 'com.microsoft.QLinearConcat', quant: QUANTIZED, types: 'float32, T8, TV* -> T8', float16: null },
  {
    type: 'com.microsoft.QLinearGlobalAveragePool',
    quant: QUANTIZED,
    types: 'T, float32, T, float32, T -> T',
  },
  { type: 'com.microsoft.QLinearSoftmax', quant: QUANTIZED, types: 'T, float32, T?, float32, T -> T' },
  {
    type: 'com.microsoft.QEmbedLayerNormalization',
    quant: QUANTIZED,
    types:
      'int32, int32?, T2, T2, T2?, T2, T2, int32?, float32, float32, float32?, float32, float32, T2, T2, T2?, T2, T2 -> float32, int32',
  },
];
