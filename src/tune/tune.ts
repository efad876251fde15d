/** tune: searches for the best model under a budget, by making and measuring candidates. */

import type { BenchResult } from '../bench/bench.ts';
import { partOf } from '../data/part.ts';
import { LlmcError } from '../errors.ts';
import { factsOf } from '../recipe/facts.ts';
import { surroundingsOf } from '../recipe/surroundings.ts';
import type { Context } from '../step.ts';
import { refuseImpossible } from './budget.ts';
import type { BuildPlan } from './build.ts';
import type { Trial } from './candidate.ts';
import { finalistsOf, pooled } from './finalists.ts';
import { type Choice, choose, frontOf } from './front.ts';
import type { TuneJob } from './job.ts';
import { type Failure, type MeasurePlan, measureAll } from './measure.ts';
import { type Ending, Search } from './search.ts';
import { slowerLayers } from './slower.ts';
import { firstCandidates } from './space.ts';

export interface TuneResult {
  readonly choice: Choice;
  /** Everything that was measured, with what is known in the end. */
  readonly trials: readonly Trial[];
  readonly failures: readonly Failure[];
  readonly front: readonly Trial[];
  /** Those that were measured on rows that chose nothing, in the order of `measured.models` after the first. */
  readonly finalists: readonly Trial[];
  readonly measured: BenchResult;
  readonly ending: Ending;
  /** Rows that chose, and rows that confirmed. */
  readonly rows: readonly [number, number];
}

const FINAL_MS = 2000;

/**
 * Makes candidates, measures them, and chooses the best one that holds the budget.
 * @throws LlmcError USAGE for impossible budgets and data that cannot be divided; CHECK_FAILED when nothing could be made
 */
export async function tune(job: TuneJob, context: Context): Promise<TuneResult> {
  const started = performance.now();
  const facts = await factsOf(job.model);
  refuseImpossible(job.budget, facts.bytes);
  const [searching, confirming] = [
    await partOf(job.evaluation, 0, 0.5),
    await partOf(job.evaluation, 0.5, 1),
  ];
  if (!searching || !confirming || searching.rows < 1 || confirming.rows < 1)
    throw new LlmcError(
      'USAGE',
      'tune judges by real rows, and there are none to choose by and to confirm with',
      {
        hint: 'give at least two rows with --eval or --data',
      },
    );
  const silent: Context = {
    ...context,
    note: () => {},
    warn: () => {},
    progress: () => ({ tick: () => {}, done: () => {} }),
  };
  const shop = {
    store: job.store,
    index: job.index,
    surroundings: await surroundingsOf(job.version, context),
    original: job.model,
    force: false,
  };
  const build: BuildPlan = { shop, data: job.calibration, version: job.version, jobs: job.jobs };
  const plan: MeasurePlan = {
    original: job.model,
    data: searching.spec,
    timeMs: 0,
    metric: job.metric,
    dims: job.dims,
  };
  const search = new Search(job, build, plan, searching.rows, { said: context, silent });
  const ending = await search.run(
    started,
    async (trial) =>
      slowerLayers(facts.model, { before: job.model, after: trial.path }, searching.spec, silent),
    firstCandidates(facts, job.calibration !== null),
  );
  job.index.save();
  if (search.trials.length === 0) throw nothingMade(search.failures);
  const finalists = finalistsOf(search.trials, job);
  context.note(
    `confirming ${finalists.length} of ${search.trials.length} candidates on ${confirming.rows} rows that chose nothing`,
  );
  const built = finalists.map(({ candidate, path }) => ({ candidate, path, reason: '' }));
  const last = await measureAll(
    built,
    { ...plan, data: confirming.spec, timeMs: FINAL_MS },
    { ...context, note: () => {} },
    true,
  );
  if (!last.result || last.trials.length === 0) throw nothingMade(last.failures);
  const confirmed = last.trials.map((trial) => {
    const before = finalists.find(({ candidate }) => candidate === trial.candidate);
    return before
      ? { ...trial, point: pooled(before.point, trial.point, searching.rows, confirming.rows) }
      : trial;
  });
  const choice = choose(confirmed, job.budget, job.goal);
  if (!choice) throw nothingMade(last.failures);
  const known = search.trials.map(
    (trial) => confirmed.find(({ candidate }) => candidate === trial.candidate) ?? trial,
  );
  return {
    choice,
    trials: known,
    failures: [...search.failures, ...last.failures],
    front: frontOf(known),
    finalists: confirmed,
    measured: last.result,
    ending,
    rows: [searching.rows, confirming.rows],
  };
}

function nothingMade(failures: readonly Failure[]): LlmcError {
  const lines = failures.map(({ candidate, reason }) => `  ${candidate.label}: ${reason}`);
  return new LlmcError(
    'CHECK_FAILED',
    `nothing that was tried came to a model that can be measured:\n${lines.join('\n')}`,
    {
      hint: 'llmc quantize MODEL --scheme NAME shows what is in the way',
    },
  );
}
