/** The percentile calibrator of onnxruntime's tools: a histogram of magnitudes, cut at the left edge of a bin. */
import type { Model } from '../../../ir/model.ts';
import type { Value } from '../../../ir/value.ts';
import type { ObserveOptions } from '../../../probe/batches.ts';
import { histogramProbe } from '../../../probe/histogram.ts';
import { observe } from '../../../probe/observe.ts';
import type { Probe } from '../../../probe/probe.ts';
import { rangeProbe, type SeenRange } from '../../../probe/range.ts';
import type { Context } from '../../../step.ts';
import type { ValueRange } from '../parameters.ts';

const BINS = 2048;

/**
 * Ranges that hold `percentile` percent of the magnitudes, in full bins, inside what was seen. Values that were not
 * reached are left out.
 */
export async function percentileRanges(
  model: Model,
  values: readonly Value[],
  percentile: number,
  data: ObserveOptions,
  context: Context,
): Promise<Map<Value, ValueRange>> {
  const taps = values.map((value) => ({
    raw: { value, probe: rangeProbe() },
    size: { value, probe: ofMagnitude(rangeProbe()) },
  }));
  const extremes = await observe(
    model,
    taps.flatMap(({ raw, size }) => [raw, size]),
    { ...data, label: 'calibrating: extremes' },
    context,
  );
  const counted = taps.flatMap(({ raw, size }) => {
    const [seen, sizes] = [extremes.get(raw), extremes.get(size)];
    if (!seen || !sizes || sizes.min > sizes.max) return [];
    const outer = outerEdges(sizes);
    const probe = ofMagnitude(histogramProbe(outer.min, outer.max, BINS));
    return [{ seen, outer, tap: { value: raw.value, probe } }];
  });
  const histograms = await observe(
    model,
    counted.map(({ tap }) => tap),
    { ...data, label: 'calibrating: histograms' },
    context,
  );
  const ranges = new Map<Value, ValueRange>();
  for (const { seen, outer, tap } of counted) {
    const counts = histograms.get(tap);
    if (counts) ranges.set(tap.value, cut(counts, outer, seen, percentile / 100));
  }
  return ranges;
}

function ofMagnitude<S>(probe: Probe<S>): Probe<S> {
  return {
    ...probe,
    name: `${probe.name} of magnitudes`,
    build: (scope, value) => probe.build(scope, scope.builder.op('Abs', [value])),
  };
}

/** As numpy does it: bins need some width. */
function outerEdges({ min, max }: SeenRange): SeenRange {
  return min < max ? { min, max } : { min: Math.fround(min - 0.5), max: Math.fround(max + 0.5) };
}

/** Symmetric around zero, then inside the extremes. */
function cut(counts: Float64Array, outer: SeenRange, seen: SeenRange, share: number): ValueRange {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let [index, reached] = [0, (counts[0] ?? 0) / total];
  while (reached < share && index < BINS) reached += (counts[++index] ?? 0) / total;
  // Edges in float32, as numpy's linspace has them.
  const step = Math.fround(Math.fround(outer.max - outer.min) / BINS);
  const edge = index === BINS ? outer.max : Math.fround(Math.fround(index * step) + outer.min);
  return { min: Math.max(-edge, seen.min), max: Math.min(edge, seen.max) };
}
