/** The layers whose quantization costs most, to be left in floats: `--keep-float`. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { scaleZeroPoint } from '../../numeric/affine.ts';
import { rankLayers, type Sensitivity } from '../../probe/sensitivity/rank.ts';
import type { Layer, StandIn } from '../../probe/sensitivity/stand-in.ts';
import type { Context } from '../../step.ts';
import type { Outcome } from '../outcome.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { bestWithin, costsOf } from '../sensitivity/cost.ts';
import { eightBitWeight, fakeQuantized } from '../sensitivity/eight-bit.ts';
import type { PlannedNode } from './plan.ts';
import type { ReachedPlan } from './reached.ts';
import { kernelAxis, weightScales } from './weights.ts';

/** Rows that every layer is measured on. */
const ROWS = 32;
const BUDGET_MS = 120_000;
/** Layers that are named in the report. */
const SHOWN = 10;

/** How much is kept: so many layers, or as many as this share of weights and work pays for. */
export type Kept = { readonly count: number } | { readonly share: number };

/**
 * Measures each layer of the plan quantized alone and returns those that move the outputs most, with the reason: of all,
 * or for what they cost.
 */
export async function mostSensitive(
  model: Model,
  planned: ReachedPlan,
  kept: Kept,
  options: SchemeOptions,
  outcome: Outcome,
  context: Context,
): Promise<ReadonlyMap<Node, string>> {
  const layers = [...planned.plan.nodes.values()]
    .filter(({ role }) => role.leads)
    .map((node) => layerOf(node, planned, options));
  const { ranked, unmeasured, rows } = await rankLayers(
    model,
    layers,
    {
      samples: ROWS,
      budgetMs: BUDGET_MS,
      ...(options.data === undefined ? {} : { data: options.data }),
    },
    context,
  );
  const list = ranked
    .slice(0, SHOWN)
    .map(({ layer, noise }) => `${layer.node.label} ${decibels(noise)}`)
    .join(', ');
  outcome.note(`layers by what quantizing each alone costs, on ${rows} rows: ${list}`);
  if (unmeasured.length > 0)
    context.warn(`${unmeasured.length} layers were not measured: the time for it was over`);
  return new Map(
    chosen(kept, ranked, layers).map(({ layer, noise }) => [
      layer.node,
      `kept float: alone it costs ${decibels(noise)}`,
    ]),
  );
}

function chosen(
  kept: Kept,
  ranked: readonly Sensitivity[],
  layers: readonly Layer[],
): readonly Sensitivity[] {
  return 'count' in kept ? ranked.slice(0, kept.count) : bestWithin(ranked, costsOf(layers), kept.share);
}

function decibels(noise: number): string {
  return noise === 0 ? 'nothing' : `${(-10 * Math.log10(noise)).toFixed(1)} dB`;
}

/** A planned node with everything it reads as its integer kernel would see it. */
function layerOf({ node, role }: PlannedNode, { ranges }: ReachedPlan, options: SchemeOptions): Layer {
  const { activation } = options.static;
  const standIns: StandIn[] = role.operands.flatMap((index) => {
    const value = node.input(index);
    const range = value && ranges.get(value);
    if (!range) return [];
    const params = scaleZeroPoint(Math.fround(range.min), Math.fround(range.max), activation);
    return [fakeQuantized(index, params, activation.type)];
  });
  if (role.weight !== null) {
    const axis = options.perChannel ? kernelAxis(node, role.weight) : null;
    const scales = weightScales(node, role.weight, axis, options).map((scale) => scale || 1);
    standIns.push(
      eightBitWeight(node, role.weight, { type: 'int8', symmetric: true, reduceRange: false, axis, scales }),
    );
  }
  return { node, standIns };
}
