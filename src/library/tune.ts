/** A whole search for a program: searched, the winner made, its recipe written. */
import { dirname, resolve } from 'node:path';
import { loadMetrics } from '../data/metrics/wanted.ts';
import { partOf } from '../data/part.ts';
import { specFrom } from '../data/spec-files.ts';
import { writeWhole } from '../data/whole-file.ts';
import { LlmcError } from '../errors.ts';
import { openModel } from '../onnx/read.ts';
import { requireTarget } from '../onnx/transaction.ts';
import { factsOf } from '../recipe/facts.ts';
import { planRecipe } from '../recipe/plan.ts';
import { makeOutputs } from '../recipe/run.ts';
import type { Report } from '../report/schema.ts';
import type { Context } from '../step.ts';
import type { Budget, Goal } from '../tune/budget.ts';
import type { TuneJob } from '../tune/job.ts';
import { jobsFor } from '../tune/jobs.ts';
import { tuneReport } from '../tune/report.ts';
import { type TuneResult, tune } from '../tune/tune.ts';
import { winnerRecipe } from '../tune/winner.ts';
import { contextOf } from './context.ts';
import { type CacheOptions, withCache } from './recipe.ts';
import { tool } from './version.ts';

export interface TuneFiles {
  readonly model: string;
  /** Where the winner is written. */
  readonly output: string;
  /** Where its recipe is written; default the output's name with `.recipe.yaml`. */
  readonly recipe?: string;
  /** Rows for calibration; without `eval` half of them judge. */
  readonly data?: string;
  /** Rows with labels to judge by: one half chooses, the other confirms. */
  readonly eval?: string;
  /** Write over what is there; default false. */
  readonly force?: boolean;
}

/** What a winner must hold; what is not said is not bounded. */
export interface WantedBudget {
  readonly goal?: Goal | undefined;
  /** Points of a share such as accuracy, relative for perplexity and its like: 0.01; default that, alone. */
  readonly maxDrop?: number | null | undefined;
  readonly maxBytes?: number | null | undefined;
  /** A factor. */
  readonly minSpeedup?: number | null | undefined;
  /** Median of a run on this machine. */
  readonly maxLatencyMs?: number | null | undefined;
}

export interface TuneOptions extends CacheOptions, WantedBudget {
  /** The metric that counts; default the first there is. */
  readonly metric?: string;
  /** Sizes of symbolic dims by name. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Candidates made at most; default 40. */
  readonly trials?: number;
  /** Milliseconds after which no more are begun; default 10 minutes. */
  readonly timeMs?: number;
  /** Processes that make candidates; default by cores and memory. */
  readonly jobs?: number;
  /** Whether weights may be taken out; default true. */
  readonly prune?: boolean;
}

export interface TunedModel {
  /** With everything that was tried. */
  readonly report: Report;
  readonly result: TuneResult;
  readonly recipe: string;
}

const TRIALS = 40;
const TIME_MS = 600_000;
/** A point of what counts, where nothing is said. */
const USUAL_DROP = 0.01;

/**
 * `llmc tune` as a function: finds the best model under a budget, writes it and the recipe that makes it.
 * @throws LlmcError USAGE for impossible budgets and missing data, FILE_EXISTS, CHECK_FAILED when nothing could be
 * made; the reason of `context.signal`
 */
export async function tuneModel(
  files: TuneFiles,
  options: TuneOptions = {},
  context: Context = contextOf(),
): Promise<TunedModel> {
  const { model, output, force = false } = files;
  const recipe = files.recipe ?? `${output.replace(/\.onnx$/i, '')}.recipe.yaml`;
  const { metric = null } = options;
  await loadMetrics(metric === null ? [] : [metric]);
  const facts = await factsOf(model);
  const rows = await rowsFor(files);
  requireTarget(output, { protect: [model, ...openModel(model).externalFiles], force });
  requireTarget(recipe, { protect: [model], force });
  const { version } = tool();
  return await withCache(options, async (store, index) => {
    const job: TuneJob = {
      model: resolve(model),
      ...rows,
      budget: budgetFor(options),
      goal: options.goal ?? 'balanced',
      metric,
      dims: options.dims ?? {},
      trials: options.trials ?? TRIALS,
      timeMs: options.timeMs ?? TIME_MS,
      jobs: options.jobs ?? jobsFor(facts.bytes),
      prune: options.prune ?? true,
      ...{ store, index, version },
    };
    const result = await tune(job, context);
    const made = await makeWinner({ recipe, output }, job, result, context);
    const report: Report = {
      version: 1,
      tool: tool(),
      command: 'tune',
      ...tuneReport(job, result, { recipe, output }),
      steps: [...made.steps],
      requirements: [],
      warnings: [],
    };
    return { report, result, recipe };
  });
}

/** Writes the recipe of a winner and does what it says. */
export async function makeWinner(
  { recipe, output }: { readonly recipe: string; readonly output: string },
  job: TuneJob,
  result: TuneResult,
  context: Context,
): ReturnType<typeof makeOutputs> {
  const { store, index, version } = job;
  writeWhole(recipe, winnerRecipe({ path: recipe, output, seed: context.seed }, job, result));
  const plan = planRecipe(recipe);
  return await makeOutputs(
    { plan, store, index, version, force: true, labels: false },
    { ...context, note: () => {} },
  );
}

/** What is not said is not bounded, save the loss where nothing else is. */
export function budgetFor({
  goal,
  maxDrop = null,
  maxBytes = null,
  minSpeedup = null,
  maxLatencyMs = null,
}: WantedBudget): Budget {
  const others = maxBytes !== null || minSpeedup !== null || maxLatencyMs !== null;
  return {
    maxDrop: maxDrop ?? (others ? null : USUAL_DROP),
    maxBytes,
    minSpeedup,
    maxLatencyMs,
    notSlower: goal !== 'size' && maxBytes === null,
  };
}

/** Rows that choose are never those that calibrate: of one data set, each gets a half. */
export async function rowsFor({
  data,
  eval: evaluation,
}: {
  readonly data?: string | undefined;
  readonly eval?: string | undefined;
}): Promise<Pick<TuneJob, 'calibration' | 'evaluation'>> {
  const full = (text: string): string => specFrom(dirname(resolve('x')), text);
  if (evaluation !== undefined)
    return { calibration: data === undefined ? null : full(data), evaluation: full(evaluation) };
  if (data === undefined)
    throw new LlmcError('USAGE', 'tune judges by real rows', {
      hint: 'give --data for calibration and --eval with labels; --data alone is divided',
    });
  const [first, second] = [await partOf(full(data), 0, 0.5), await partOf(full(data), 0.5, 1)];
  if (!first || !second)
    throw new LlmcError('USAGE', 'nothing can be judged by generated inputs', {
      hint: 'give real rows with --eval',
    });
  return { calibration: first.spec, evaluation: second.spec };
}
