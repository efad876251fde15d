/**
 * Half precision: every float32 value becomes float16 (or bfloat16) except around nodes that cannot or should not.
 * Nodes stay float32 that have no half form, that were excluded, that count in whole numbers, or whose values are
 * too large; casts stand at the borders, one for each value. Inputs and outputs of the model stay float32 unless
 * told otherwise.
 *
 * bfloat16 has two results. No kernel of onnxruntime's CPU provider computes in it, and a graph with such nodes does
 * not load there (float16 graphs do: the runtime casts around them). So by default only the weights are stored in
 * bfloat16, each with a Cast to float32 behind it: half the file, runs everywhere, activations stay exact. With
 * half-precision inputs and outputs the whole graph becomes bfloat16, for accelerators.
 */
import type { Model } from '../../ir/model.ts';
import { allNodes } from '../../ir/walk.ts';
import { liftConstants } from '../../passes/lift-constants.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import type { Selection } from '../../passes/selection.ts';
import { sort } from '../../passes/sort.ts';
import { sumsOverFirst, transposeBehind } from '../../passes/transpose-behind.ts';
import type { Context } from '../../step.ts';
import type { Outcome } from '../outcome.ts';
import { LARGEST } from '../recipes/half.ts';
import { HalfConstants } from './constants.ts';
import { keepCounting } from './exact.ts';
import type { HalfType } from './facts.ts';
import { followNeighbours } from './follow.ts';
import { type MeasuredRanges, type MeasureOptions, measureRanges } from './measure.ts';
import { keepLargeConstants, keepOverflowing, type RangeOf } from './overflow.ts';
import { HalfPlan, requireOpset } from './plan.ts';
import { Rewriter } from './rewrite.ts';
import { storeWeights } from './storage.ts';
import { LossTally } from './tally.ts';
import { floatsIn, graphsOf, isFloat32, typeSparseInitializers, valuesOf } from './values.ts';

export interface HalfOptions extends MeasureOptions {
  readonly dtype: HalfType;
  /** Inputs and outputs of the model become half as well. */
  readonly halfIo: boolean;
  readonly select: Selection;
  /** Largest magnitudes known already; otherwise they are measured. */
  readonly ranges?: RangeOf | undefined;
  /** False: do not run the model to measure ranges (default: it is run, on `data` or on generated inputs). */
  readonly measure?: boolean | undefined;
}

/**
 * Converts the model in place. Types must be known (`inferTypes`). Weights are converted when the model is written;
 * notes about values that did not fit are complete only then.
 * @throws LlmcError UNSUPPORTED for bfloat16 below opset 13
 */
export async function convertToHalf(
  model: Model,
  options: HalfOptions,
  context: Context,
  outcome: Outcome,
): Promise<void> {
  const { dtype, halfIo, select } = options;
  await runPasses(model, [liftConstants], context);
  if (!graphsOf(model).some((graph) => floatsIn(graph).length > 0)) return;
  requireOpset(model, dtype);
  const { ranges, clamped = null } = await rangesFor(model, options, context);
  const largest = dtype === 'float16' ? (clamped?.largest ?? LARGEST.float16) : LARGEST.bfloat16;
  const constants = new HalfConstants(dtype, largest, new LossTally(outcome, dtype, largest));
  if (dtype === 'bfloat16' && !halfIo) {
    storeWeights(model, select, constants, outcome);
    return;
  }
  typeSparseInitializers(model);
  const plan = new HalfPlan(model, { dtype, halfIo, select });
  if (dtype === 'float16') {
    keepLargeConstants(plan);
    for (const node of allNodes(model, { functions: false }))
      if (sumsOverFirst(node))
        plan.keep(node, 'onnxruntime 1.30 crashes on its fusion with the Transpose before it');
  }
  if (ranges) keepOverflowing(plan, ranges, clamped);
  keepCounting(plan);
  plan.settleSlots();
  followNeighbours(plan);
  const casts = new Rewriter(plan, constants, outcome).run();
  await runPasses(model, dtype === 'float16' ? [transposeBehind, removeDead, sort] : [sort], context);
  report(plan, casts, outcome);
}

/** bfloat16 has the range of float32. */
async function rangesFor(
  model: Model,
  options: HalfOptions,
  context: Context,
): Promise<Partial<MeasuredRanges>> {
  if (options.dtype === 'bfloat16') return {};
  if (options.ranges || options.measure === false)
    return { ...(options.ranges ? { ranges: options.ranges } : {}) };
  return (await measureRanges(model, options, context)) ?? {};
}

function report(plan: HalfPlan, casts: number, outcome: Outcome): void {
  for (const [node, reason] of plan.kept)
    if (valuesOf(node).some(isFloat32)) outcome.skip(node.label, reason, 0, 'node');
  if (plan.options.halfIo)
    for (const value of new Set([...plan.model.graph.inputs, ...plan.model.graph.outputs]))
      if (isFloat32(value))
        outcome.skip(value.name, 'an input or output whose values are too large for half precision');
  outcome.note(`${casts} casts between float32 and ${plan.options.dtype}`);
  if (plan.following.size > 0)
    outcome.note(`${plan.following.size} nodes without weights stay float32 like their neighbours`);
  if (plan.options.dtype === 'bfloat16')
    outcome.note("a bfloat16 graph is for accelerators: onnxruntime's CPU provider has no kernels for it");
}
