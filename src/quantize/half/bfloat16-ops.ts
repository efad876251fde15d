/** Operators of ai.onnx whose float tensors may all be float16, by the opset from which all may be bfloat16 as well. */

/** From the operator schemas of ONNX 1.23 (opset 28); `never` are those that bfloat16 was not added to. */
const BY_BFLOAT16_OPSET: Readonly<Record<string, string>> = {
  1: 'Equal',
  13:
    'Abs Add ArgMax ArgMin Cast Ceil Clip Concat DepthToSpace Div Erf Exp Expand Flatten Floor Gather ' +
    'GatherElements GatherND Gemm Greater Hardmax Identity IsNaN LRN Less Log LogSoftmax MatMul Max Mean ' +
    'MeanVarianceNormalization Min Mod Mul Neg NonZero Pad Reciprocal ReduceL1 ReduceL2 ReduceLogSum ' +
    'ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ' +
    'ScatterElements ScatterND Shape Sigmoid Sign Size Slice Softmax SoftmaxCrossEntropyLoss SpaceToDepth Split ' +
    'Sqrt Squeeze Sub Sum Tanh Tile Transpose Unsqueeze',
  14: 'BatchNormalization CumSum Trilu',
  15: 'CastLike Pow',
  16: 'GreaterOrEqual If LeakyRelu LessOrEqual Loop PRelu Scan Where',
  17: 'BlackmanWindow DFT HammingWindow HannWindow LayerNormalization MelWeightMatrix STFT',
  18: 'CenterCropPad Col2Im GroupNormalization',
  19: 'DequantizeLinear QuantizeLinear',
  20: 'AffineGrid ConstantOfShape Gelu IsInf',
  22:
    'Acos Acosh Asin Asinh Atan Atanh AveragePool Bernoulli Conv ConvTranspose Cos Cosh DeformConv Det Dropout ' +
    'Elu EyeLike GRU GlobalAveragePool GlobalLpPool GlobalMaxPool GridSample HardSigmoid HardSwish ' +
    'InstanceNormalization LSTM LpNormalization LpPool MaxPool MaxRoiPool MaxUnpool Mish Multinomial ' +
    'NegativeLogLikelihoodLoss RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike RoiAlign Round ' +
    'Selu Sin Sinh Softplus Softsign Tan ThresholdedRelu',
  23: 'Attention RMSNormalization RotaryEmbedding',
  24: 'Swish TensorScatter TopK',
  26: 'CumProd',
  27: 'CausalConvWithState LinearAttention Range',
  28: 'Celu Compress Einsum ReverseSequence SwiGLU Unique',
  never: 'OneHot Scatter Shrink SimplifiedLayerNormalization Upsample',
};

/** Operator to the first opset with bfloat16, Infinity where there is none. Other operators are unknown here. */
export const BFLOAT16_FROM: ReadonlyMap<string, number> = new Map(
  Object.entries(BY_BFLOAT16_OPSET).flatMap(([opset, names]) =>
    names.split(' ').map((name) => [name, opset === 'never' ? Infinity : Number(opset)] as const),
  ),
);
