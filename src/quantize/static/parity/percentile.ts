/** The percentile calibrator of onnxruntime's tools: a histogram of magnitudes, cut at the left edge of a bin. */
import type { Model } from '../../../ir/model.ts';
import type { Value } from '../../../ir/value.ts';
import { rangeOf } from '../../../numeric/range.ts';
import type { ObserveOptions } from '../../../probe/batches.ts';
import { histogramProbe } from '../../../probe/histogram.ts';
import { observe } from '../../../probe/observe.ts';
import type { Probe } from '../../../probe/probe.ts';
import { rangeProbe, type SeenRange } from '../../../probe/range.ts';
import type { Context } from '../../../step.ts';
import type { ValueRange } from '../parameters.ts';
import { constantBehind } from './constant-values.ts';
import { countInBins, edgeAt, outerEdges } from './numpy-histogram.ts';

const BINS = 2048;

export interface MeasuredRanges {
  readonly ranges: Map<Value, ValueRange>;
  readonly rows: number;
}

/**
 * Ranges that hold `percentile` percent of the magnitudes, in full bins, inside what was seen, and the number of rows
 * they come from. Values that were not reached are left out.
 */
export async function percentileRanges(
  model: Model,
  values: readonly Value[],
  percentile: number,
  data: ObserveOptions,
  context: Context,
): Promise<MeasuredRanges> {
  const constants = new Map(
    values.flatMap((value) => {
      const constant = constantBehind(value);
      return constant ? [[value, constant] as const] : [];
    }),
  );
  const computed = values.filter((value) => !constants.has(value));
  const taps = computed.map((value) => ({
    raw: { value, probe: rangeProbe() },
    size: { value, probe: ofMagnitude(rangeProbe()) },
  }));
  const extremes = await observe(
    model,
    taps.flatMap(({ raw, size }) => [raw, size]),
    { ...data, label: 'calibrating: extremes' },
    context,
  );
  const share = percentile / 100;
  const ranges = new Map<Value, ValueRange>();
  for (const [value, constant] of constants) ranges.set(value, rangeOfKnown(constant, share));
  const counted = taps.flatMap(({ raw, size }) => {
    const [seen, sizes] = [extremes.get(raw), extremes.get(size)];
    if (!seen || !sizes || sizes.min > sizes.max) return [];
    // One magnitude in different rows counts as one number: what is asked for are shares.
    if (sizes.min === sizes.max) {
      const counts = countInBins([sizes.min], outerEdges(sizes), BINS);
      ranges.set(raw.value, cut(counts, outerEdges(sizes), seen, share));
      return [];
    }
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
  for (const { seen, outer, tap } of counted) {
    const counts = histograms.get(tap);
    if (counts) ranges.set(tap.value, cut(counts, outer, seen, share));
  }
  return { ranges, rows: extremes.rows };
}

function ofMagnitude<S>(probe: Probe<S>): Probe<S> {
  return {
    ...probe,
    name: `${probe.name} of magnitudes`,
    build: (scope, value) => probe.build(scope, scope.builder.op('Abs', [value])),
  };
}

/** Of numbers that are known, whatever the data; an empty tensor is zero to the tools. */
function rangeOfKnown(numbers: Float32Array, share: number): ValueRange {
  if (numbers.length === 0) return { min: 0, max: 0 };
  const sizes = numbers.map(Math.abs);
  const outer = outerEdges(rangeOf(sizes));
  return cut(countInBins(sizes, outer, BINS), outer, rangeOf(numbers), share);
}

/** Symmetric around zero, then inside the extremes. */
function cut(counts: Float64Array, outer: SeenRange, seen: SeenRange, share: number): ValueRange {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let [index, reached] = [0, (counts[0] ?? 0) / total];
  while (reached < share && index < BINS) reached += (counts[++index] ?? 0) / total;
  const edge = edgeAt(index, outer, BINS);
  return { min: Math.max(-edge, seen.min), max: Math.min(edge, seen.max) };
}
