/** Who is on the Pareto front, and who wins under a budget. */
import type { Budget, Goal } from './budget.ts';
import type { Trial } from './candidate.ts';

/** Speed-ups this close are the same: clocks tell no more. */
const SAME_SPEED = 0.97;
/** A speed-up whose interval ends below this is a slow-down. */
const NOISE = 0.97;
const SAME_SIZE = 1.005;
/** Risks that differ by less than this are the same. */
const RISK = 0.1;

/** True when `a` is nowhere worse than `b` and somewhere better: smaller, faster, or less lost. */
export function dominates(a: Trial, b: Trial): boolean {
  const [p, q] = [a.point, b.point];
  const noWorse = p.bytes <= q.bytes && p.speedup >= q.speedup && p.drop <= q.drop;
  return noWorse && (p.bytes < q.bytes || p.speedup > q.speedup || p.drop < q.drop);
}

/** What nothing else beats in everything; smallest first. */
export function frontOf(trials: readonly Trial[]): Trial[] {
  return trials
    .filter((trial) => !trials.some((other) => dominates(other, trial)))
    .sort((a, b) => a.point.bytes - b.point.bytes);
}

/** How far a point is outside of the budget, 0 when it holds it; a share of each limit, summed. */
export function excess({ point }: Trial, budget: Budget, sure = false): number {
  const { maxDrop, maxBytes, minSpeedup, maxLatencyMs, notSlower } = budget;
  const drop = point.drop + (sure ? point.error : 0);
  const over = (value: number, limit: number | null): number =>
    // From 0.91 to 0.9 is 1 %, whatever floats say.
    limit === null || value - limit <= 1e-9 * Math.abs(limit)
      ? 0
      : (value - limit) / Math.max(Math.abs(limit), 1e-3);
  return (
    over(drop, maxDrop) +
    over(point.bytes, maxBytes) +
    over(point.p50Ms, maxLatencyMs) +
    (minSpeedup === null || point.speedup >= minSpeedup ? 0 : minSpeedup / point.speedup - 1) +
    (notSlower && point.high < NOISE ? NOISE / point.high - 1 : 0)
  );
}

/** Higher is better. Without a limit for what is lost, that is what counts. */
export function scoreOf({ point }: Trial, budget: Budget, goal: Goal): number {
  const [small, fast] = [-Math.log(point.sizeRatio), Math.log(point.speedup)];
  if (budget.maxDrop === null) return -point.drop * 1e3 + 1e-3 * (small + fast);
  if (goal === 'size') return small + 0.05 * fast;
  if (goal === 'speed') return fast + 0.05 * small;
  return small + fast;
}

export interface Choice {
  readonly winner: Trial;
  /** The best of those that anybody would have tried; null when none holds the budget. */
  readonly single: Trial | null;
  /** True when the winner holds the budget. */
  readonly met: boolean;
  /** True when it still does with a standard error of what was lost added. */
  readonly sure: boolean;
}

/**
 * The best that holds the budget, surely where something does and else with as little risk as can be, and is neither larger
 * nor slower than the best single scheme; else the one that comes closest.
 */
export function choose(trials: readonly Trial[], budget: Budget, goal: Goal): Choice | null {
  const by = (a: Trial, b: Trial): number => scoreOf(b, budget, goal) - scoreOf(a, budget, goal);
  const held = (sure: boolean): Trial[] =>
    trials.filter((trial) => excess(trial, budget, sure) === 0).sort(by);
  for (const sure of [true, false]) {
    const holding = sure ? held(true) : safest(held(false));
    if (holding.length === 0) continue;
    const single = holding.find(({ candidate }) => candidate.single) ?? null;
    const winner = holding.find((trial) => !single || noWorse(trial, single)) ?? holding[0];
    if (winner) return { winner, single, met: true, sure };
  }
  const [closest] = [...trials].sort((a, b) => excess(a, budget) - excess(b, budget) || by(a, b));
  return closest ? { winner: closest, single: null, met: false, sure: false } : null;
}

/** Where chance alone may break the budget, those that it breaks hardly more often than any other. */
function safest(trials: readonly Trial[]): Trial[] {
  const risk = ({ point }: Trial): number => point.drop + point.error;
  const least = Math.min(...trials.map(risk));
  return trials.filter((trial) => risk(trial) <= least + RISK * Math.abs(least));
}

function noWorse({ point }: Trial, { point: other }: Trial): boolean {
  return point.bytes <= other.bytes * SAME_SIZE && point.speedup >= other.speedup * SAME_SPEED;
}
