/** Classic machine learning (ai.onnx.ml): their parameters are attributes, their arithmetic is float32 or double. */
import { defineOps, type OpSpec } from '../spec.ts';

const CLASSIC = { kind: 'float-only', reason: 'its parameters are attributes, not tensors' } as const;

export const machineLearning: readonly OpSpec[] = [
  {
    type: 'ai.onnx.ml.ArrayFeatureExtractor',
    quant: { kind: 'exact' },
    types: 'T, int64 -> T',
    float16: null,
  },
  ...defineOps(['ai.onnx.ml.CastMap', 'ai.onnx.ml.DictVectorizer'], {
    quant: { kind: 'exact' },
    types: 'any -> T2',
    float16: null,
  }),
  { type: 'ai.onnx.ml.CategoryMapper', quant: { kind: 'exact' }, types: 'int64|string -> int64|string' },
  { type: 'ai.onnx.ml.FeatureVectorizer', quant: { kind: 'exact' }, types: 'T1* -> float32', float16: null },
  { type: 'ai.onnx.ml.LabelEncoder', quant: { kind: 'exact' }, types: 'T1 -> T2', float16: null },
  { type: 'ai.onnx.ml.OneHotEncoder', quant: { kind: 'exact' }, types: 'T -> float32', float16: null },
  { type: 'ai.onnx.ml.ZipMap', quant: { kind: 'exact' }, types: 'float32 -> any' },
  ...defineOps(['ai.onnx.ml.Binarizer', 'ai.onnx.ml.Imputer'], {
    quant: CLASSIC,
    types: 'T -> T',
    float16: null,
  }),
  ...defineOps(['ai.onnx.ml.Normalizer', 'ai.onnx.ml.Scaler'], {
    quant: CLASSIC,
    types: 'T -> float32',
    float16: null,
  }),
  ...defineOps(['ai.onnx.ml.LinearClassifier', 'ai.onnx.ml.SVMClassifier'], {
    quant: CLASSIC,
    types: 'T1 -> int64|string, float32',
    float16: null,
  }),
  ...defineOps(['ai.onnx.ml.LinearRegressor', 'ai.onnx.ml.SVMRegressor'], {
    quant: CLASSIC,
    types: 'T -> float32',
    float16: null,
  }),
  { type: 'ai.onnx.ml.TreeEnsemble', quant: CLASSIC, types: 'T -> T', bfloat16: null },
  {
    type: 'ai.onnx.ml.TreeEnsembleClassifier',
    quant: CLASSIC,
    types: 'T1 -> int64|string, float32',
    float16: null,
  },
  { type: 'ai.onnx.ml.TreeEnsembleRegressor', quant: CLASSIC, types: 'T -> float32', float16: null },
];
