/** The rounding of a scheme's matrices by data, prepared before the scheme rewrites the model. */
import type { Model } from '../../ir/model.ts';
import { cloneModel } from '../../onnx/read.ts';
import type { Context } from '../../step.ts';
import type { BlockedMatrix } from '../nbits/blocked-matrix.ts';
import { isSymmetric } from '../nbits/matrix.ts';
import type { Outcome } from '../outcome.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { scaleInputs } from './awq-scales.ts';
import type { Rounding } from './method.ts';
import { type RoundedMatrix, roundMatrices } from './round-matrices.ts';
import { ROUNDINGS } from './table.ts';
import { usesOfMatrices } from './uses.ts';

/** Rounds the matrices a scheme made; by name of the constant. */
export type DataRounding = (
  matrices: readonly BlockedMatrix[],
) => Promise<ReadonlyMap<string, RoundedMatrix>>;

/** Null when the method asked for does not look at data, or there is none. Keeps a copy of the model as it is now. */
export async function dataRounding(
  model: Model,
  options: SchemeOptions,
  outcome: Outcome,
  context: Context,
): Promise<DataRounding | null> {
  const method: Rounding = ROUNDINGS[options.rounding];
  const { data, parity, blockSize, roundingSamples: samples } = options;
  // Parity is with tools that do not look at data.
  if (!method.round || data === undefined || parity) return null;
  const symmetric = isSymmetric(options);
  if (method.scalesInputs) await scaleInputs(model, data, { ...options, symmetric }, outcome, context);
  const copy = cloneModel(model);
  const uses = usesOfMatrices(model);
  const request = { method, data, samples, blockSize, symmetric };
  return (matrices) => roundMatrices(copy, uses, matrices, request, context);
}
