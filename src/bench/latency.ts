/** Times models against each other: round-robin after warm-up, so that drift of the machine hits all alike. */

import { median } from '../numeric/statistics.ts';
import { runsPerSample } from './clock.ts';

/** Runs one inference; `round` selects the inputs, the same ones for every model of a round. */
export type Contestant = (round: number) => Promise<unknown>;

export interface LatencyOptions {
  /** Timed runs per model; otherwise as many as `timeMs` allows, from 10 to 2,000. */
  readonly runs?: number;
  /** Time to spend per model. */
  readonly timeMs?: number;
  /** Untimed runs per model before the first timed one; default until they get no quicker, fewer for models that take seconds. */
  readonly warmup?: number;
  readonly signal?: AbortSignal;
  /** Called after every round with the share of the work done, 0 to 1. */
  onProgress?(share: number): void;
  /** Milliseconds the clock can tell apart; default 0, for one that tells everything. */
  readonly resolution?: number;
  /** Called where runs are so short that several in a row make one sample. */
  onShort?(runsPerSample: number): void;
  /** Milliseconds, monotonic; for tests. */
  clock?(): number;
}

const DEFAULT_TIME_MS = 2000;
const DEFAULT_WARMUP = 5;
const MOST_WARMUP = 100;
const WARMUP_MS = 3000;
const MIN_ROUNDS = 10;
const MAX_ROUNDS = 2000;
/** Models quicker than this run once untimed before each timed run: caches then hold this model rather than its neighbour. */
const SETTLE_BELOW_MS = 20;

/**
 * Milliseconds of every timed run, one array per contestant; index i of all arrays belongs to the same round.
 * The order rotates by one each round. Runs that are shorter than the clock can tell are timed several at once: a sample
 * is then their mean.
 */
export async function interleave(
  contestants: readonly Contestant[],
  options: LatencyOptions = {},
): Promise<Float64Array[]> {
  const clock = options.clock ?? (() => performance.now());
  const timed = async (contestant: Contestant, round: number, runs = 1): Promise<number> => {
    options.signal?.throwIfAborted();
    const start = clock();
    for (let run = 0; run < runs; run++) await contestant(round);
    return (clock() - start) / runs;
  };
  const settles: boolean[] = [];
  for (const contestant of contestants)
    settles.push((await warmUp(contestant, timed, options.warmup)) < SETTLE_BELOW_MS);
  // The same number for all: means of few runs scatter more than means of many.
  let runs = 1;
  if (options.resolution)
    for (const contestant of contestants) {
      const took = async (count: number) => count * (await timed(contestant, 0, count));
      runs = Math.max(runs, await runsPerSample(took, options.resolution));
    }
  if (runs > 1) options.onShort?.(runs);
  const samples: number[][] = contestants.map(() => []);
  const budget = (options.timeMs ?? DEFAULT_TIME_MS) * contestants.length;
  const begin = clock();
  for (let round = 0; ; round++) {
    const share = progress(round, clock() - begin, budget, options.runs);
    options.onProgress?.(Math.min(1, share));
    if (share >= 1) return samples.map((list) => Float64Array.from(list));
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      const contestant = contestants[index] as Contestant;
      if (settles[index]) await timed(contestant, round);
      samples[index]?.push(await timed(contestant, round, runs));
    }
  }
}

/** Share of the work done after `rounds`; 1 or more means stop. */
function progress(rounds: number, elapsed: number, budget: number, runs: number | undefined): number {
  if (runs !== undefined) return rounds / runs;
  if (rounds >= MAX_ROUNDS) return 1;
  // Slow models get their ten rounds unless that would take more than five times the budget.
  const enough = rounds >= MIN_ROUNDS || (rounds >= 3 && elapsed > 5 * budget);
  return enough ? elapsed / budget : Math.min(elapsed / budget, rounds / MIN_ROUNDS, 0.999);
}

/**
 * Pays the costs of first runs: a given number of them, or, by default, five and then as many as it takes until five runs
 * are not 3 % quicker than the five before, for at most three seconds. Returns the milliseconds of the last run
 * (infinity without one).
 */
async function warmUp(
  contestant: Contestant,
  timed: (contestant: Contestant, round: number) => Promise<number>,
  runs: number | undefined,
): Promise<number> {
  const times: number[] = [];
  let total = 0;
  const more = (): boolean => {
    if (runs !== undefined) return times.length < runs;
    if (total >= WARMUP_MS) return false;
    return times.length < DEFAULT_WARMUP || (times.length < MOST_WARMUP && isGettingQuicker(times));
  };
  while (more()) {
    const time = await timed(contestant, times.length);
    times.push(time);
    total += time;
  }
  return times.at(-1) ?? Infinity;
}

/** Whether the last runs are clearly quicker than those before them; true until there are enough to tell. */
function isGettingQuicker(times: readonly number[]): boolean {
  const last = times.slice(-DEFAULT_WARMUP);
  const before = times.slice(-2 * DEFAULT_WARMUP, -DEFAULT_WARMUP);
  return before.length < DEFAULT_WARMUP || median(last) < 0.97 * median(before);
}
