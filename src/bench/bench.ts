/** Measures models side by side; the first one is the baseline every other is compared with. */
import { AUTOMATIC, loadMetrics, wantedMetrics } from '../data/metrics/wanted.ts';
import { LlmcError } from '../errors.ts';
import { tensorSizes } from '../onnx/tensor-sizes.ts';
import { modelNames } from '../report/model-names.ts';
import type { Comparison, Environment, ModelRecord, OperatorTime, Report } from '../report/schema.ts';
import type { ColdStart, ConcurrencyLevel, SweepPoint } from '../report/schema-bench.ts';
import { type Engine, NATIVE, type Runtime } from '../runtime/engine.ts';
import { environment } from '../runtime/environment.ts';
import { type InputOptions, type ModelInputs, openInputs } from '../runtime/inputs.ts';
import type { Context } from '../step.ts';
import { busyMachine } from './busy.ts';
import { type Demand, planCapacity } from './capacity.ts';
import { chooseEngine, openSubjects, settleEngine } from './choose-engine.ts';
import { measureColdStarts } from './cold-start.ts';
import { compareModels } from './compare.ts';
import { measureConcurrency } from './concurrency.ts';
import { freeMemory, requireRoom } from './concurrency-room.ts';
import { REQUESTS_FOR_P99 } from './concurrency-window.ts';
import { drift } from './drift.ts';
import { evaluate } from './evaluate.ts';
import { type Loaded, loadAll } from './load.ts';
import { measureAllMemory } from './memory.ts';
import { compareOperators, profileModels } from './profile.ts';
import { requireScorable } from './scorable.ts';
import { measureAllSizes } from './size.ts';
import { about, type Subject } from './subject.ts';
import { planSweep, runSweep } from './sweep.ts';
import type { SweepAxis } from './sweep-axes.ts';
import { latencyRecord, type Timing, timeModels } from './timing.ts';
import type { Workplace } from './workplace.ts';

export interface BenchOptions {
  /** A data spec; absent means generated inputs. */
  readonly data?: string;
  /** Timed runs per model; otherwise `timeMs` per model. */
  readonly runs?: number;
  readonly timeMs?: number;
  readonly batch?: number;
  /** onnxruntime-node, or onnxruntime-web's WebAssembly; default native. */
  readonly runtime?: Runtime;
  /** Execution provider of onnxruntime-node; default cpu. */
  readonly provider?: string;
  /** Sizes of symbolic dims by name. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Untimed runs per model before the first timed one; default until they get no quicker. */
  readonly warmup?: number;
  /** Measure the gzip size (up to 512 MB); default true. */
  readonly gzip?: boolean;
  /** Measure peak memory in child processes; default true. */
  readonly memory?: boolean;
  /** Time each kind of operator; default false. */
  readonly profile?: boolean;
  /** Time new processes until their first answer; default false. */
  readonly coldStart?: boolean;
  /** Measure that many processes at once; default none. */
  readonly concurrency?: readonly number[];
  /** Tell what a rate of requests takes; needs `concurrency`. */
  readonly demand?: Demand;
  /** Compare the models at several sizes, too; default none. */
  readonly sweep?: readonly SweepAxis[];
  /** Refuse data without labels, before anything is measured; default false. */
  readonly labels?: boolean;
  /** Metrics to compute, e.g. `f1`; default: those that suit outputs and labels without being asked for. */
  readonly metrics?: readonly string[];
}

export interface BenchResult {
  readonly environment: Environment;
  readonly data: { readonly source: string; readonly rows: number; readonly synthetic: boolean };
  readonly models: ModelRecord[];
  readonly comparisons: Comparison[];
  readonly operators?: OperatorTime[];
  readonly sweep?: SweepPoint[];
  readonly capacity?: NonNullable<Report['capacity']>;
}

/**
 * Measures models side by side on the same inputs: sizes in bytes, times in milliseconds, what outputs have in common
 * with those of the first.
 * @throws LlmcError for unreadable models or data, naming the file; AbortError on interruption
 */
export async function bench(
  paths: readonly string[],
  options: BenchOptions,
  surroundings: Context,
): Promise<BenchResult> {
  const names = modelNames(paths);
  await loadMetrics(options.metrics ?? []);
  const wanted = wantedMetrics(options.metrics ?? []);
  const context = await chooseEngine(options, surroundings);
  const { engine } = context;
  const subjects = await openSubjects(paths, names, engine);
  const busy = await busyMachine();
  if (busy !== null) context.warn(busy);
  const machine = environmentOf(engine, await environment(context.threads));
  const inputs = await chooseInputs(subjects[0] as Subject, options, context);
  const stops = options.sweep?.length
    ? await planSweep(subjects, options.sweep, inputRequest(options, context), context)
    : [];
  const sizes = await measureAllSizes(subjects, options.gzip ?? true, context);
  const measured = options.memory !== false && engine.runtime === 'native';
  const memory = measured ? await measureAllMemory(subjects, inputs, context) : [];
  if (options.concurrency?.length) {
    const most = Math.max(...options.concurrency);
    requireRoom(subjects, memory, most, { free: freeMemory(), warn: context.warn });
  }
  const explain = (index: number, error: unknown) => about(subjects[index] as Subject, error);
  const loaded = await loadAll(paths, context.threads, explain, context.signal, engine);
  try {
    if (wanted !== AUTOMATIC)
      await requireScorable(subjects[0] as Subject, loaded[0] as Loaded, inputs, wanted);
    if (options.warmup === undefined) await settleEngine(context, subjects, loaded, inputs);
    const { timings, ...rounds } = await timeModels(subjects, loaded, inputs, options, context);
    const drifted = drift(timings.map(({ samples }) => samples));
    if (drifted !== null) context.warn(drifted);
    const quality = await evaluate(subjects, loaded, inputs, wanted, context);
    const starts = options.coldStart ? await measureColdStarts(subjects, loaded, inputs, context) : null;
    const crowds = await crowd(subjects, loaded, inputs, { ...options, cores: machine.cores }, context);
    const models = subjects.map((subject, index): ModelRecord => {
      return {
        name: subject.name,
        path: subject.path,
        tensors: tensorSizes(subject.model),
        ...(sizes[index] as (typeof sizes)[number]),
        parameters: null,
        sparsity: null,
        macs: null,
        ...latencyRecord(timings[index] as Timing),
        loadMs: (loaded[index] as Loaded).loadMs,
        ...(starts ? { coldStart: starts.records[index] as ColdStart } : {}),
        ...(crowds ? { concurrency: crowds[index] as ConcurrencyLevel[] } : {}),
        peakRssBytes: memory[index] ?? null,
        ...(quality[index] as (typeof quality)[number]),
      };
    });
    const sweep = await runSweep(subjects, stops, options, context);
    const kernels = options.profile ? await profileModels(subjects, inputs, context) : null;
    const samples = timings.map((timing) => timing.samples);
    return {
      environment: machine,
      data: { source: inputs.source, rows: inputs.rows, synthetic: inputs.synthetic },
      models,
      comparisons: compareModels(models, { samples, ...rounds }, context.seed, starts?.samples),
      ...(sweep.length > 0 ? { sweep } : {}),
      ...(crowds && options.demand ? { capacity: capacityOf(models, options.demand) } : {}),
      ...(kernels ? { operators: compareOperators(subjects, kernels) } : {}),
    };
  } finally {
    for (const { session } of loaded) await session.release();
  }
}

function environmentOf({ provider, version }: Engine, machine: Environment): Environment {
  return { ...machine, provider, onnxruntime: version ?? machine.onnxruntime };
}

/** Levels of concurrency where they were asked for. */
async function crowd(
  subjects: readonly Subject[],
  loaded: readonly Loaded[],
  inputs: ModelInputs,
  { concurrency: levels = [], demand, timeMs, cores }: BenchOptions & { readonly cores: number },
  context: Workplace,
): Promise<ConcurrencyLevel[][] | null> {
  if (levels.length === 0) return null;
  const time = timeMs === undefined ? {} : { timeMs };
  // The first part of them is not counted.
  const enough = demand === undefined ? {} : { requests: REQUESTS_FOR_P99 * 1.5 };
  return measureConcurrency(subjects, loaded, inputs, { levels, cores, ...time, ...enough }, context);
}

function capacityOf(models: readonly ModelRecord[], demand: Demand): NonNullable<Report['capacity']> {
  const plans = models.map(({ name, concurrency = [] }) => planCapacity(name, concurrency, demand));
  return { ...demand, plans };
}

/**
 * Inputs that suit the baseline; the other models get the same ones. Trying sizes may abort WebAssembly for good: what runs
 * natively is tried there, so that both runtimes get the same inputs.
 */
async function chooseInputs(
  baseline: Subject,
  options: BenchOptions,
  context: Workplace & { readonly engine: Engine },
): Promise<ModelInputs> {
  const request = inputRequest(options, context);
  try {
    const session = await (context.engine.runtime === 'native' ? context.engine : NATIVE).open(
      baseline.path,
      { threads: context.threads },
    );
    try {
      const inputs = await openInputs(session, request);
      if ((options.labels || options.metrics?.length) && !inputs.hasLabels)
        throw withoutLabels(inputs.source);
      report(inputs, context);
      return inputs;
    } finally {
      await session.release();
    }
  } catch (error) {
    throw about(baseline, error);
  }
}

function inputRequest({ data, batch, dims }: BenchOptions, { seed, signal }: Context): InputOptions {
  return {
    seed,
    signal,
    ...(data === undefined ? {} : { data }),
    ...(batch === undefined ? {} : { batch }),
    ...(dims === undefined ? {} : { dims }),
  };
}

function withoutLabels(source: string): LlmcError {
  return new LlmcError('DATA', `${source} has no labels, which metrics need`, {
    hint: 'name them: --data "eval.npz?labels=y"',
  });
}

function report(inputs: ModelInputs, context: Context): void {
  if (inputs.ignored.length > 0) {
    context.note(`${inputs.source}: no input wants ${inputs.ignored.join(', ')}`);
  }
  for (const note of inputs.notes) context.note(note);
  if (!inputs.synthetic) return;
  const sizes = Object.entries(inputs.bindings).map(([name, size]) => `${name}=${size}`);
  const chosen = sizes.length > 0 ? ` (${sizes.join(', ')}; --dim changes them)` : '';
  context.note(
    `inputs are generated${chosen}: latency and fidelity on real data may differ, give it with --data`,
  );
}
