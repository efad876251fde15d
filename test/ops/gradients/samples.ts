/** Samples of all operators with gradients, family by family. */
import { activations } from './samples/activations.ts';
import { arithmetic } from './samples/arithmetic.ts';
import { fused } from './samples/fused.ts';
import { matrixProducts } from './samples/matmul.ts';
import { others } from './samples/others.ts';
import { quantized } from './samples/quantized.ts';
import { rearrangement } from './samples/rearrangement.ts';
import { recurrent } from './samples/recurrent.ts';
import { windows } from './samples/windows.ts';

export const samples = [
  ...activations,
  ...arithmetic,
  ...fused,
  ...matrixProducts,
  ...others,
  ...quantized,
  ...rearrangement,
  ...recurrent,
  ...windows,
];
