/** Samples of all operators with gradients, family by family. */
import { arithmetic } from './samples/arithmetic.ts';
import { matrixProducts } from './samples/matmul.ts';

export const samples = [...arithmetic, ...matrixProducts];
