/** A short race between two sessions on the same inputs: enough to tell "slower", not a benchmark. */
import { bootstrapRatio } from '../numeric/statistics.ts';
import type { Feeds } from './feeds.ts';
import type { Session } from './session.ts';

export interface Race {
  /** Median over rounds of baseline time / candidate time, above 1 when the candidate is faster; 95 % bootstrap interval. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** Rounds are alternated so that drift hits both alike; stops after `budgetMs` once there are enough. */
const MIN_ROUNDS = 7;
const MAX_ROUNDS = 60;

/** Times both sessions in turn. Milliseconds stay here: only their ratio leaves. */
export async function race(
  baseline: Session,
  candidate: Session,
  feeds: readonly [Feeds, Feeds],
  options: { readonly budgetMs: number; readonly seed: number; readonly signal: AbortSignal },
): Promise<Race> {
  await baseline.run(feeds[0]);
  await candidate.run(feeds[1]);
  const times: [number[], number[]] = [[], []];
  const start = performance.now();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (round >= MIN_ROUNDS && performance.now() - start > options.budgetMs) break;
    options.signal.throwIfAborted();
    for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const from = performance.now();
      await (index === 0 ? baseline : candidate).run(feeds[index]);
      times[index].push(performance.now() - from);
    }
  }
  // Ratios of neighbouring runs: what slows the machine for a moment slows both.
  const ratios = times[0].map((before, index) => before / (times[1][index] as number));
  return bootstrapRatio(ratios, [1], { seed: options.seed });
}
