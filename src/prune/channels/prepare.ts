/** Brings a model into the form channels are cut from: weights as initializers, shapes known. */
import type { Model } from '../../ir/model.ts';
import type { Shape, Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { foldConstants } from '../../passes/fold-constants.ts';
import { inlineFunctions } from '../../passes/inline-functions.ts';
import { liftConstants } from '../../passes/lift-constants.ts';
import { type PassTrace, runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { removeIdentities } from '../../passes/remove-identities.ts';
import { sort } from '../../passes/sort.ts';
import { stateAxes } from '../../passes/state-axes.ts';
import { unlistConstants } from '../../passes/unlist-constants.ts';
import { upgradeOpset } from '../../passes/upgrade-opset.ts';
import { type SampledShapes, sampledShapes } from '../../probe/sampled-shapes.ts';
import { inferTypes, warnUntyped } from '../../runtime/shapes.ts';
import type { Context } from '../../step.ts';

/** Batch normalizations stay: their scales tell what channels are worth, and their statistics can be taken again. */
const PASSES = [
  inlineFunctions,
  unlistConstants,
  liftConstants,
  removeDead,
  removeIdentities,
  foldConstants,
  removeDead,
  sort,
  stateAxes,
];

/** From here on sizes and bounds are inputs of Split and Slice, which is how they are written. */
const LEAST_OPSET = 13;

export interface Prepared {
  readonly shapes: SampledShapes;
  readonly passes: readonly PassTrace[];
}

/** Changes the model in place; computed values get the types that are certain. */
export async function prepareCutting(model: Model, context: Context): Promise<Prepared> {
  const older = model.opset > 0 && model.opset < LEAST_OPSET ? [upgradeOpset(LEAST_OPSET)] : [];
  const passes = await runPasses(model, [...older, ...PASSES], context);
  warnUntyped(model, await inferTypes(model), context);
  const shapes = await sampledShapes(model, context);
  for (const node of allNodes(model, { functions: false }))
    for (const value of node.outputs)
      if (value?.type && !value.isGraphOutput) value.type = { ...value.type, shape: certain(value, shapes) };
  return { shapes, passes };
}

/** Dims as far as they are the same whatever the inputs are. */
function certain(value: Value, shapes: SampledShapes): Shape | null {
  const known = shapes.shapeOf(value);
  if (!known) return value.type?.shape ?? null;
  return known.map((dim, axis) => (shapes.isFixed(value, axis) ? dim : null));
}
