/** Compares every candidate with the baseline: size, speed with its uncertainty, metrics. */
import { seedFor } from '../random.ts';
import { metricDrops } from '../report/metric-drop.ts';
import type { Comparison, ModelRecord } from '../report/schema.ts';
import type { Speedup } from '../report/schema-bench.ts';
import type { Sittings } from './sittings.ts';
import { speedup } from './speedup.ts';

/**
 * `samples[i]` are the timed runs of `models[i]` in milliseconds; the first model is the baseline.
 * @param starts milliseconds of cold starts by model and round; each of them is a sitting of its own
 */
export function compareModels(
  models: readonly ModelRecord[],
  { samples, ...rounds }: Sittings & { readonly inputs: number },
  seed: number,
  starts: readonly Float64Array[] = [],
): Comparison[] {
  const [baseline, ...candidates] = models;
  const [before] = samples;
  if (baseline === undefined || before === undefined) return [];
  return candidates.map((candidate, index) => ({
    baseline: baseline.name,
    candidate: candidate.name,
    sizeRatio: candidate.sizeBytes / baseline.sizeBytes,
    speedup: speedup(before, samples[index + 1] as Float64Array, rounds, seedFor(candidate.name, seed)),
    ...(starts[0]
      ? { coldStart: startRatio(starts[0], starts[index + 1] as Float64Array, candidate, seed) }
      : {}),
    metricDrop: metricDrops(baseline.metrics, candidate.metrics),
  }));
}

function startRatio(before: Float64Array, after: Float64Array, { name }: ModelRecord, seed: number): Speedup {
  return speedup(before, after, { starts: [...before.keys()] }, seedFor(`${name} cold`, seed));
}
