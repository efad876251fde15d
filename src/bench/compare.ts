/** Compares every candidate with the baseline: size, speed with its uncertainty, metrics. */
import { bootstrapRatio } from '../numeric/statistics.ts';
import { seedFor } from '../random.ts';
import { metricDrops } from '../report/metric-drop.ts';
import type { Comparison, ModelRecord } from '../report/schema.ts';

/** `samples[i]` are the timed runs of `models[i]` in milliseconds; the first model is the baseline. */
export function compareModels(
  models: readonly ModelRecord[],
  samples: readonly Float64Array[],
  seed: number,
): Comparison[] {
  const [baseline, ...candidates] = models;
  const [before] = samples;
  if (baseline === undefined || before === undefined) return [];
  return candidates.map((candidate, index) => ({
    baseline: baseline.name,
    candidate: candidate.name,
    sizeRatio: candidate.sizeBytes / baseline.sizeBytes,
    speedup: speedup(before, samples[index + 1] as Float64Array, seedFor(candidate.name, seed)),
    metricDrop: metricDrops(baseline.metrics, candidate.metrics),
  }));
}

/**
 * Median over rounds of baseline time / candidate time, with a 95 % bootstrap interval. Runs of one round stood side
 * by side, so a slow spell of the machine cancels out; medians of the two samples would keep it.
 */
export function speedup(
  before: Float64Array,
  after: Float64Array,
  seed: number,
): NonNullable<Comparison['speedup']> {
  const ratios = before.map((time, round) => time / (after[round] as number));
  const { estimate, low, high } = bootstrapRatio(ratios, [1], { seed });
  const verdict = low > 1 ? 'faster' : high < 1 ? 'slower' : 'no difference';
  return { estimate, low, high, verdict };
}
