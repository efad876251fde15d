/** The speed-up of one model against another from runs that stood side by side, and how sure it is. */
import { bootstrapMean, median } from '../numeric/statistics.ts';
import type { Comparison } from '../report/schema.ts';

/** Runs that are judged as one where models were opened once only. */
const BLOCKS = 10;
/** In the long run one interval in fifty misses. */
const CONFIDENCE = 0.98;
/** An interval wider than a hundred times either way says no more. */
const WIDEST = Math.log(100);
/** Differences below one percent are none: the place of a model in memory alone makes as much. */
const MARGIN = 0.01;

/**
 * baseline time / candidate time. Runs of one round stood side by side, so a slow spell of the machine cancels out in
 * their ratio; the median over a sitting leaves out disturbed rounds. Sittings, not rounds, are independent: within one,
 * both models keep their place in memory and neighbouring rounds resemble each other. So the estimate is the geometric
 * mean over the sittings without the outermost, and the interval comes from how they differ.
 * @param starts index of the first round of each sitting
 */
export function speedup(
  before: Float64Array,
  after: Float64Array,
  starts: readonly number[],
  seed: number,
): NonNullable<Comparison['speedup']> {
  const logs = before.map((time, round) => Math.log(time / (after[round] as number)));
  const middles = pieces(logs.length, starts).map(([start, end]) => median(logs.subarray(start, end)));
  const found = bootstrapMean(middles, { seed, confidence: CONFIDENCE });
  const estimate = Math.exp(found.estimate);
  const [low, high] = [found.low, found.high].map((end) =>
    Math.exp(Math.min(Math.max(end, found.estimate - WIDEST), found.estimate + WIDEST)),
  ) as [number, number];
  const isClear = Math.abs(found.estimate) >= Math.log(1 + MARGIN);
  const verdict = isClear && low > 1 ? 'faster' : isClear && high < 1 ? 'slower' : 'no difference';
  return { estimate, low, high, verdict };
}

/** The sittings; neighbouring rounds where there was one. */
function pieces(rounds: number, starts: readonly number[]): [number, number][] {
  const count = Math.min(BLOCKS, rounds);
  const begins =
    starts.length > 1 ? starts : Array.from({ length: count }, (_, i) => Math.floor((i * rounds) / count));
  return begins.map((start, i) => [start, begins[i + 1] ?? rounds]);
}
