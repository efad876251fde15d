/**
 * What zeros of each layer cost the model: every layer alone is masked by magnitude, and the outputs are compared (as for
 * mixed precision; the idea to share out sparsity by measured loss: Han et al. 2015, "Learning both weights and connections",
 * section 4).
 */
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import type { TypedArray } from '../../ir/tensor.ts';
import { rankLayers } from '../../probe/sensitivity/rank.ts';
import type { Layer } from '../../probe/sensitivity/stand-in.ts';
import type { Context } from '../../step.ts';
import type { PruneOptions } from '../options.ts';
import { dropShare } from './choose.ts';
import type { Grain } from './form.ts';
import { type MaskLayer, matrixOf } from './layer.ts';

/** Rows every layer is measured on. */
const ROWS = 16;
/** No layer counts as less than this beside the middle one: noise below it is that of few rows. */
const LEAST = 1e-3;

/**
 * By name of the weight, what a magnitude is worth: the root of output noise per squared weight that becomes zero, 1 for
 * the layer in the middle. Weights times this, ranked over the whole model, give each layer its share.
 * @param share of the weights that becomes zero in the layer that is measured, in whole blocks
 * @throws LlmcError DATA when the data does not fit, RUNTIME when the model does not run on it
 */
export async function worthOfMagnitudes(
  model: Model,
  layers: readonly MaskLayer[],
  share: number,
  grain: Grain,
  { data, samples }: Pick<PruneOptions, 'data' | 'samples'>,
  context: Context,
): Promise<ReadonlyMap<string, number>> {
  const measured = layers.flatMap((layer) => usesOf(layer, share, grain).map((use) => ({ layer, use })));
  const rows = Math.min(ROWS, samples);
  const { ranked } = await rankLayers(
    model,
    measured.map(({ use }) => use),
    { samples: rows, ...(data === undefined ? {} : { data }) },
    context,
  );
  const noiseOf = new Map(ranked.map(({ layer, noise }) => [layer, noise]));
  const costs = layers.map((layer) => {
    const noise = measured
      .filter((each) => each.layer === layer)
      .reduce((sum, { use }) => sum + (noiseOf.get(use) ?? 0), 0);
    const lost = energyLost(layer, share, grain);
    return lost > 0 ? noise / lost : Number.NaN;
  });
  const finite = costs.filter((cost) => Number.isFinite(cost) && cost > 0).sort((a, b) => a - b);
  const middle = finite[finite.length >> 1] ?? 1;
  return new Map(
    layers.map(({ value }, at) => {
      const cost = costs[at] as number;
      // What could not be told is like the others; what makes numbers that are none goes last.
      const known = Number.isNaN(cost) ? middle : Math.min(cost, (finite.at(-1) ?? 1) * 10);
      return [value.name, Math.sqrt(Math.max(known / middle, LEAST))];
    }),
  );
}

/** A tied weight is changed for one reader at a time. */
function usesOf(layer: MaskLayer, share: number, grain: Grain): Layer[] {
  return layer.uses.map((node) => ({
    node,
    standIns: [{ index: node.inputs.indexOf(layer.value), weight: () => masked(layer, share, grain) }],
  }));
}

function masked(layer: MaskLayer, share: number, grain: Grain): TypedArray {
  const array = layer.tensor.array().slice();
  for (const place of dropped(layer, share, grain)) array[place] = 0;
  return array;
}

function energyLost(layer: MaskLayer, share: number, grain: Grain): number {
  const floats = floatsOf(layer.tensor);
  let sum = 0;
  for (const place of dropped(layer, share, grain)) sum += (floats[place] as number) ** 2;
  return sum;
}

/** Places of the tensor. */
function* dropped(layer: MaskLayer, share: number, grain: Grain): Generator<number> {
  const { tensor, rows, columns } = layer;
  const scores = matrixOf(layer, floatsOf(tensor)).map(Math.abs);
  const drop = dropShare(scores, columns.length, Math.round(tensor.size * share), grain, false);
  let at = 0;
  for (const row of rows) for (const column of columns) if (drop[at++] === 1) yield row + column;
}
