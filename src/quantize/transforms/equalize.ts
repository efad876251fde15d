/**
 * equalize: cross-layer equalization without data (Nagel et al. 2019, arXiv 1906.04721, section 4.1): rows of a weight
 * are divided by s and what reads them is multiplied, so that both have the same range, channel by channel.
 */
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import { specOf } from '../../ops/table.ts';
import type { Context } from '../../step.ts';
import type { Contraction } from './contractions.ts';
import { findMigrations, type Migration, type Migrations } from './groups.ts';
import { type NoiseSpec, noiseOf, type Product, productsOf } from './noise.ts';
import { noteReasons } from './reasons.ts';
import { applyScales } from './scaling/apply-scales.ts';
import { elementsOf } from './scaling/channel-map.ts';
import type { ScaledConstant } from './scaling/scale-group.ts';
import { type ChannelStatistics, channelStatistics } from './statistics.ts';
import type { Transform, TransformOptions } from './transform.ts';

/** A group that was equalized. */
export interface EqualizedGroup {
  readonly contractions: readonly Contraction[];
  /** Largest over smallest range of the channels of the weights in front, before and after. */
  readonly before: number;
  readonly after: number;
}

export interface EqualizeResult {
  readonly equalized: readonly EqualizedGroup[];
  readonly left: Migrations['refused'];
  readonly rounds: number;
}

const MOST_ROUNDS = 50;
/** Factors this close to 1 count as converged. */
const CONVERGED = 1e-3;
const [LEAST, MOST] = [2 ** -16, 2 ** 16];

export const equalize: Transform = {
  name: 'equalize',
  summary: 'give the channels of neighbouring layers equal ranges, without data (cross-layer equalization)',
  needsData: false,
  forActivations: false,
  async apply(model, options, outcome, context) {
    const { equalized, left } = await equalizeLayers(model, options, context);
    for (const { contractions, before, after } of equalized)
      for (const { node } of contractions)
        outcome.prepare(
          node.label,
          `equalize: channels in front differ ${after.toPrecision(3)}x in range, ${before.toPrecision(3)}x before`,
        );
    noteReasons('equalize', left, outcome);
  },
};

/** A group that begins with weights, and what it was before. */
interface Pair {
  readonly migration: Migration;
  readonly front: readonly ScaledConstant[];
  readonly behind: readonly ScaledConstant[];
  readonly before: number;
  /** The weights behind as they were, with ranges of the activation from data, or guessed from the weights in front. */
  readonly products: readonly Product[];
  /** [size] what the channels were divided by so far. */
  readonly total: Float64Array;
}

/**
 * Equalizes all groups that begin with weights, in turns until nothing moves; in place. Groups that lose by it (weights
 * with a scale per channel need no equal ranges, activations do) are put back. Data, when given, only tells these.
 */
export async function equalizeLayers(
  model: Model,
  options: Pick<TransformOptions, 'select' | 'data' | 'samples' | keyof NoiseSpec>,
  context: Context,
): Promise<EqualizeResult> {
  const { migrations, refused } = await findMigrations(model, options.select, context);
  const left = [...refused];
  const all = migrations.flatMap(({ contractions, carriers }) => [...contractions, ...carriers]);
  const measured = options.data === undefined ? null : await channelStatistics(model, all, options, context);
  const pairs = migrations.flatMap((migration): Pair[] => {
    const { constants, size } = migration.group;
    const front = constants.filter(isWeightInFront);
    const behind = constants.filter(({ against }) => against !== null);
    if (front.length > 0) {
      const ranges = rangesOf(front, size);
      const products = productsOf(migration, measured ?? (() => guessed(ranges)), options.perChannel);
      const total = new Float64Array(size).fill(1);
      return [{ migration, front, behind, before: spread(front, migration), products, total }];
    }
    for (const contraction of migration.contractions)
      left.push({ contraction, reason: 'no weight in front of it' });
    return [];
  });
  const rounds = converge(pairs);
  const kept = pairs.filter(({ migration, products, total }) => {
    const noise = (factors: Float64Array): number =>
      products.reduce((sum, product) => sum + noiseOf(product, factors, options), 0);
    if (noise(total) < noise(new Float64Array(total.length).fill(1))) return true;
    applyScales(
      migration.group,
      total.map((factor) => 1 / factor),
    );
    for (const contraction of migration.contractions) left.push({ contraction, reason: 'nothing to gain' });
    return false;
  });
  const equalized = kept.map(({ migration, front, before }) => ({
    contractions: migration.contractions,
    before,
    after: spread(front, migration),
  }));
  return { equalized, left, rounds };
}

/** Equalizes until no factor moves; returns how many rounds that took. */
function converge(pairs: readonly Pair[]): number {
  let rounds = 0;
  for (let moved = pairs.length > 0; moved && rounds < MOST_ROUNDS; rounds++) {
    moved = false;
    for (const { migration, front, behind, total } of pairs) {
      const { size } = migration.group;
      const factors = equalizingFactors(rangesOf(front, size), rangesOf(behind, size));
      if (factors.every((factor) => Math.abs(Math.log(factor)) < CONVERGED)) continue;
      moved = true;
      applyScales(migration.group, factors);
      for (const [k, factor] of factors.entries()) total[k] = (total[k] as number) * factor;
    }
  }
  return rounds;
}

/** Without data: an activation reaches as far as the weights that make it, and has a third of that as its power. */
function guessed(ranges: Float64Array): ChannelStatistics {
  return {
    extremes: { max: ranges, min: ranges.map((range) => -range) },
    squares: { squares: ranges.map((range) => (range / 3) ** 2), count: 1 },
  };
}

/** s = sqrt(r1 r2) / r2, equation 11; 1 where a channel is empty on either side. */
export function equalizingFactors(front: Float64Array, behind: Float64Array): Float64Array {
  return front.map((range, k) => {
    const other = behind[k] as number;
    if (!(range > 0) || !(other > 0)) return 1;
    return Math.min(MOST, Math.max(LEAST, Math.sqrt(range / other)));
  });
}

/** A weight whose rows make the activation; biases and the scales of norms are none. */
function isWeightInFront({ node, input, against }: ScaledConstant): boolean {
  const role = specOf(node)?.quant;
  return against === null && role?.kind === 'compute' && role.weights.includes(input);
}

/** [size]: the largest magnitude of each channel. */
function rangesOf(constants: readonly ScaledConstant[], size: number): Float64Array {
  const ranges = new Float64Array(size);
  for (const { node, input, map } of constants) {
    const tensor = node.constant(input);
    if (!tensor) continue;
    const values = floatsOf(tensor);
    const elements = elementsOf(map, tensor.dims);
    for (let i = 0; i < values.length; i++) {
      const element = elements[i] as number;
      const magnitude = Math.abs(values[i] as number);
      if (element >= 0 && magnitude > (ranges[element] as number)) ranges[element] = magnitude;
    }
  }
  return ranges;
}

function spread(front: readonly ScaledConstant[], { group }: Migration): number {
  const ranges = rangesOf(front, group.size).filter((range) => range > 0);
  return ranges.length === 0 ? 1 : Math.max(...ranges) / Math.min(...ranges);
}
