/** Capacity: how many processes and cores a rate of requests takes, from levels of concurrency that were measured. */
import { serversFor, waitQuantile } from '../numeric/erlang.ts';
import type { CapacityPlan, ConcurrencyLevel } from '../report/schema-bench.ts';

export interface Demand {
  /** Requests per second. */
  readonly rate: number;
  /** Milliseconds that 99 of 100 requests are answered in. */
  readonly p99Ms: number;
}

/**
 * A late answer has waited long or taken long. At most one request in two hundred takes longer than the 99.5th percentile of
 * the service, so that at most one in two hundred may wait longer than what is left: together one in a hundred, however
 * the two hang together (Boole's inequality).
 */
const TAIL = 0.005;

/**
 * The measured level with which a model meets the demand on the fewest cores. Arrivals are random and independent, one
 * queue serves all processes, and services are as irregular as an exponential distribution (M/M/c; runs of a model are
 * less so, which makes waits shorter). Processes come in groups of as many as were measured together.
 */
export function planCapacity(
  model: string,
  levels: readonly ConcurrencyLevel[],
  demand: Demand,
): CapacityPlan {
  const plans = levels.flatMap((level) => planLevel(model, level, demand) ?? []);
  const [best] = plans.sort(
    (a, b) => (a.cores ?? 0) - (b.cores ?? 0) || (a.processes ?? 0) - (b.processes ?? 0),
  );
  if (best) return best;
  const within = levels.some(({ p99Ms }) => p99Ms <= demand.p99Ms);
  return {
    model,
    atOnce: null,
    processes: null,
    cores: null,
    utilization: null,
    p99Ms: null,
    uncertain: false,
    reason: within
      ? 'runs take nearly all the time there is, which leaves none for waiting'
      : 'no level has its p99 within the bound',
  };
}

function planLevel(model: string, level: ConcurrencyLevel, { rate, p99Ms }: Demand): CapacityPlan | null {
  const { workers, throughput, p995Ms } = level;
  if (!(throughput > 0) || p995Ms > p99Ms) return null;
  // In a closed loop every worker is always busy: this is what one request keeps it.
  const serviceMs = (workers * 1000) / throughput;
  const load = (rate * serviceMs) / 1000;
  const fewest = serversFor(load, serviceMs, { tail: TAIL, most: p99Ms - p995Ms });
  if (fewest === null) return null;
  const groups = Math.ceil(fewest / workers);
  const processes = groups * workers;
  return {
    model,
    atOnce: workers,
    processes,
    cores: groups * level.cores,
    utilization: load / processes,
    p99Ms: p995Ms + waitQuantile(processes, load, serviceMs, TAIL),
    uncertain: level.p99AtMostMs === null || level.p99AtMostMs > p99Ms,
    reason: null,
  };
}
