/** The speed-up of one model against another from runs that stood side by side, and how sure it is. */
import { bootstrapMean, median, quantile, sorted } from '../numeric/statistics.ts';
import type { Comparison } from '../report/schema.ts';

/** Runs that are judged as one where models were opened once only. */
const BLOCKS = 10;
/** In the long run one interval in fifty misses. */
const CONFIDENCE = 0.98;
/** An interval wider than a hundred times either way says no more. */
const WIDEST = Math.log(100);
/** Of so many runs on one input in a sitting some are left alone. */
const QUIET_RUNS = 10;
/** Differences below one percent are none: the place of a model in memory alone makes as much. */
const MARGIN = 0.01;

/**
 * baseline time / candidate time. What disturbs a run only ever adds time, so the tenth percentile over a sitting is what
 * a model takes when it is left alone, and varies least (Chen and Revels 2016, arXiv 1608.04295); runs on different inputs
 * are told apart for it. Few rounds have no tenth percentile: there it is the median of the ratios, runs of one round
 * having stood side by side. Sittings, not rounds, are independent: within one, models keep their place in memory and
 * neighbouring rounds resemble each other. So the estimate is the geometric mean over the sittings without the outermost,
 * and the interval comes from how they differ.
 * @param starts index of the first round of each sitting
 * @param inputs how many inputs take turns from round to round, beginning with the first in each sitting
 */
export function speedup(
  before: Float64Array,
  after: Float64Array,
  { starts, inputs = 1 }: { readonly starts: readonly number[]; readonly inputs?: number },
  seed: number,
): NonNullable<Comparison['speedup']> {
  const middles = pieces(before.length, starts).map(([start, end]) =>
    logRatio(before.subarray(start, end), after.subarray(start, end), inputs),
  );
  const found = bootstrapMean(middles, { seed, confidence: CONFIDENCE });
  const estimate = Math.exp(found.estimate);
  const [low, high] = [found.low, found.high].map((end) =>
    Math.exp(Math.min(Math.max(end, found.estimate - WIDEST), found.estimate + WIDEST)),
  ) as [number, number];
  const isClear = Math.abs(found.estimate) >= Math.log(1 + MARGIN);
  const verdict = isClear && low > 1 ? 'faster' : isClear && high < 1 ? 'slower' : 'no difference';
  return { estimate, low, high, verdict };
}

/** The logarithm of the ratio in one sitting. */
function logRatio(before: Float64Array, after: Float64Array, inputs: number): number {
  if (before.length < QUIET_RUNS * inputs)
    return median(before.map((time, round) => Math.log(time / (after[round] as number))));
  let sum = 0;
  for (let input = 0; input < inputs; input++) {
    const isOwn = (_: number, round: number): boolean => round % inputs === input;
    const [quick, other] = [before, after].map((times) => quantile(sorted(times.filter(isOwn)), 0.1)) as [
      number,
      number,
    ];
    sum += Math.log(quick / other);
  }
  return sum / inputs;
}

/** The sittings; neighbouring rounds where there was one. */
function pieces(rounds: number, starts: readonly number[]): [number, number][] {
  const count = Math.min(BLOCKS, rounds);
  const begins =
    starts.length > 1 ? starts : Array.from({ length: count }, (_, i) => Math.floor((i * rounds) / count));
  return begins.map((start, i) => [start, begins[i + 1] ?? rounds]);
}
