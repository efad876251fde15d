/** Signal processing and linear algebra on whole tensors. */
import { defineOps, type OpSpec } from '../spec.ts';

const FLOAT = { kind: 'float-only', reason: 'spectra and determinants need float' } as const;

export const signal: readonly OpSpec[] = [
  { type: 'DFT', quant: FLOAT, types: 'T1, int32|int64?, int64? -> T1' },
  { type: 'Det', quant: FLOAT, types: 'T -> T', bfloat16: 22 },
  { type: 'STFT', quant: FLOAT, types: 'T1, T2, T1?, T2? -> T1' },
  { type: 'com.microsoft.Inverse', quant: FLOAT, types: 'T -> T', bfloat16: null },
  ...defineOps(['BlackmanWindow', 'HammingWindow', 'HannWindow'], {
    quant: { kind: 'exact' },
    types: 'int32|int64 -> @output_datatype=float32',
  }),
  {
    type: 'MelWeightMatrix',
    quant: { kind: 'exact' },
    types: 'int32|int64, int32|int64, int32|int64, T, T -> @output_datatype=float32',
    float32Only: 'onnxruntime makes it in float32 only',
  },
];
