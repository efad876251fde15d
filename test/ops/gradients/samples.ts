/** Samples of all operators with gradients, family by family. */
import { activations } from './samples/activations.ts';
import { arithmetic } from './samples/arithmetic.ts';
import { blocked } from './samples/blocked.ts';
import { decoders } from './samples/decoders.ts';
import { embeddings } from './samples/embeddings.ts';
import { fused } from './samples/fused.ts';
import { matrixProducts } from './samples/matmul.ts';
import { others } from './samples/others.ts';
import { parameterless } from './samples/parameterless.ts';
import { quantized } from './samples/quantized.ts';
import { rearrangement } from './samples/rearrangement.ts';
import { recurrent } from './samples/recurrent.ts';
import { sampling } from './samples/sampling.ts';
import { windows } from './samples/windows.ts';

export const samples = [
  ...activations,
  ...arithmetic,
  ...fused,
  ...blocked,
  ...decoders,
  ...embeddings,
  ...matrixProducts,
  ...others,
  ...parameterless,
  ...quantized,
  ...rearrangement,
  ...recurrent,
  ...sampling,
  ...windows,
];
