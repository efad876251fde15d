/** Rounds of a search: candidates are made, looked at cheaply, looked at well, and lead to others. */
import type { Context } from '../step.ts';
import { type BuildPlan, buildAll } from './build.ts';
import { type Candidate, pointText, type Trial } from './candidate.ts';
import { excess, scoreOf } from './front.ts';
import type { TuneJob } from './job.ts';
import { type Failure, type MeasurePlan, measureAll } from './measure.ts';
import { nextCandidates } from './refine.ts';

/** Cheap looks first: few rows and little time, then more for those that are left (Jamieson and Talwalkar 2016). */
const RUNGS = [
  { rows: 128, timeMs: 200, keep: 0.6 },
  { rows: Number.POSITIVE_INFINITY, timeMs: 700, keep: 1 },
] as const;
/** A candidate that is this far out of the budget on few rows is not looked at again. */
const HOPELESS = 6;
/** Rounds of refinement without anything better before the end. */
const PATIENCE = 2;

/** Why a search is over. */
export type Ending =
  | { readonly by: 'trials'; readonly count: number }
  | { readonly by: 'time' }
  | { readonly by: 'patience'; readonly rounds: number }
  | { readonly by: 'exhaustion' };

/** `ended because ...`. */
export function endingText(ending: Ending): string {
  switch (ending.by) {
    case 'trials':
      return `${ending.count} trials are what was asked for`;
    case 'time':
      return 'the time was over';
    case 'patience':
      return `nothing better in ${ending.rounds} rounds`;
    case 'exhaustion':
      return 'nothing better is left to try';
  }
}

export interface Voices {
  /** What a person reads. */
  readonly said: Context;
  /** Of everything inside. */
  readonly silent: Context;
}

/** Rounds of candidates: made, looked at cheaply, looked at well. */
export class Search {
  readonly trials: Trial[] = [];
  readonly failures: Failure[] = [];
  readonly #job: TuneJob;
  readonly #build: BuildPlan;
  readonly #plan: MeasurePlan;
  readonly #rows: number;
  readonly #voices: Voices;
  #made = 0;

  constructor(job: TuneJob, build: BuildPlan, plan: MeasurePlan, rows: number, voices: Voices) {
    this.#job = job;
    this.#build = build;
    this.#plan = plan;
    this.#rows = rows;
    this.#voices = voices;
  }

  async run(
    started: number,
    slower: (trial: Trial) => Promise<readonly string[]>,
    first: readonly Candidate[],
  ): Promise<Ending> {
    const { trials: most, timeMs, budget, goal, calibration, prune } = this.#job;
    let candidates: readonly Candidate[] = first;
    let [best, stale] = [Number.NEGATIVE_INFINITY, 0];
    for (;;) {
      const room = most - this.#made;
      if (room <= 0) return { by: 'trials', count: most };
      if (performance.now() - started > timeMs) return { by: 'time' };
      await this.#round(candidates.slice(0, room), started);
      const holding = this.trials.filter((trial) => excess(trial, budget) === 0);
      const reached = Math.max(
        Number.NEGATIVE_INFINITY,
        ...holding.map((trial) => scoreOf(trial, budget, goal)),
      );
      stale = reached > best + 1e-3 ? 0 : stale + 1;
      best = Math.max(best, reached);
      if (stale > PATIENCE) return { by: 'patience', rounds: stale };
      const next = await nextCandidates({
        trials: this.trials,
        budget,
        calibrated: calibration !== null,
        slower,
      });
      candidates = next.filter(({ steps }) => prune || !steps.some(({ step }) => step === 'prune'));
      if (candidates.length === 0) return { by: 'exhaustion' };
    }
  }

  async #round(candidates: readonly Candidate[], started: number): Promise<void> {
    const { said, silent } = this.#voices;
    this.#made += candidates.length;
    const progress = said.progress('making candidates', candidates.length);
    let built = await buildAll(candidates, this.#build, silent, () => progress.tick()).finally(() =>
      progress.done(),
    );
    for (const [at, rung] of RUNGS.entries()) {
      const last = at === RUNGS.length - 1;
      // A look at all rows is not dearer than one at few where there are few.
      if (!last && this.#rows <= rung.rows * 2) continue;
      const data = Number.isFinite(rung.rows) ? limited(this.#plan.data, rung.rows) : this.#plan.data;
      const measured = await measureAll(built, { ...this.#plan, data, timeMs: rung.timeMs }, silent);
      this.failures.push(...measured.failures);
      for (const { candidate, reason } of measured.failures) said.note(`${candidate.label}: ${reason}`);
      const left = last ? measured.trials : this.#halved(measured.trials, rung.keep);
      if (last) for (const trial of left) this.#keep(trial);
      const names = new Set(left.map(({ candidate }) => candidate));
      built = built.filter(({ candidate }) => names.has(candidate));
      if (performance.now() - started > this.#job.timeMs * 2) return;
    }
  }

  /** The better part, with what holds the budget before what does not; hopeless ones go in any case. */
  #halved(trials: readonly Trial[], keep: number): Trial[] {
    const { budget, goal } = this.#job;
    const order = [...trials].sort(
      (a, b) => excess(a, budget) - excess(b, budget) || scoreOf(b, budget, goal) - scoreOf(a, budget, goal),
    );
    const hopeful = order.filter((trial) => excess(trial, budget) < HOPELESS);
    return hopeful.slice(0, Math.max(3, Math.ceil(trials.length * keep)));
  }

  #keep(trial: Trial): void {
    this.trials.push(trial);
    this.#voices.said.note(`${trial.candidate.label}: ${pointText(trial.point)}`);
  }
}

function limited(spec: string, rows: number): string {
  return spec.replace(/limit=(\d+)/, (_, given: string) => `limit=${Math.min(rows, Number(given))}`);
}
