/** Brings a model into the form it is trained in; the trained model is written in this form. */
import type { Model } from '../../ir/model.ts';
import { foldConstants } from '../../passes/fold-constants.ts';
import { inlineBranches } from '../../passes/inline-branches.ts';
import { inlineFunctions } from '../../passes/inline-functions.ts';
import { liftConstants } from '../../passes/lift-constants.ts';
import { type PassTrace, runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { removeIdentities } from '../../passes/remove-identities.ts';
import { sort } from '../../passes/sort.ts';
import { stateAxes } from '../../passes/state-axes.ts';
import { unlistConstants } from '../../passes/unlist-constants.ts';
import type { Context } from '../../step.ts';
import { untieUniform } from './untie.ts';

/**
 * Weights become initializers of the graph, and what only sees constants is computed. Batch normalizations stay, and
 * equal tensors stay two: what is equal today need not be after training.
 */
const PASSES = [
  inlineFunctions,
  unlistConstants,
  liftConstants,
  removeDead,
  removeIdentities,
  foldConstants,
  inlineBranches,
  // What was in branches.
  removeIdentities,
  foldConstants,
  removeDead,
  sort,
  stateAxes,
];

/** Changes the model in place; it computes what it did. */
export async function prepareTraining(model: Model, context: Context): Promise<PassTrace[]> {
  const traces = await runPasses(model, PASSES, context);
  untieUniform(model);
  return traces;
}
