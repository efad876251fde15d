/** The check every result passes before it is kept: it loads, its outputs are finite and close to the input model's. */
import { freemem } from 'node:os';
import { asFloats } from '../data/cast.ts';
import type { HostTensor } from '../data/host-tensor.ts';
import { keepRows, ScoreBoard } from '../data/metrics/score-board.ts';
import { LlmcError } from '../errors.ts';
import type { Fidelity } from '../report/schema.ts';
import type { Context } from '../step.ts';
import { feedAdapter } from './adapt.ts';
import type { Feeds } from './feeds.ts';
import { FidelityMeter, nanWarnings } from './fidelity.ts';
import { type ModelInputs, openInputs } from './inputs.ts';
import { loadResult, refusalOf } from './loadable.ts';
import { type Race, race } from './race.ts';
import { openSession, type Session } from './session.ts';

export interface CheckRequest {
  readonly level: 'full' | 'load' | 'none';
  readonly data: string | undefined;
  /** Rows compared at most. */
  readonly samples: number;
  readonly dims: Readonly<Record<string, number>>;
  /** Bytes of the input model, for judging what fits into memory. */
  readonly baselineBytes: number;
  readonly candidateBytes: number;
}

type Outputs = Readonly<Record<string, HostTensor>>;

/** Metric name to value. */
type Scores = Record<string, number>;

export interface CheckResult {
  readonly fidelity: Fidelity | null;
  /** Scores of both models where the data has labels. */
  readonly metrics: { readonly before: Scores; readonly after: Scores };
  /** Speed against the input model on one batch; null when not measured. */
  readonly speed: Race | null;
  /** The data the comparison used. */
  readonly data: { readonly source: string; readonly rows: number; readonly synthetic: boolean } | null;
  /** Outputs that hold NaN or infinities where the input model's do not. */
  readonly nonFinite: readonly string[];
  /** Why a comparison that was asked for could not be made. */
  readonly unchecked: string | null;
}

/** The result of a check that was switched off. */
export const NOTHING_CHECKED: CheckResult = {
  fidelity: null,
  metrics: { before: {}, after: {} },
  speed: null,
  data: null,
  nonFinite: [],
  unchecked: null,
};

/** onnxruntime holds the weights, often a packed copy of them, and the file while it loads. */
const MEMORY_FACTOR = 2.5;

/**
 * Checks the file at `candidate` against the model at `baseline`.
 * @throws LlmcError CHECK_FAILED when the candidate does not load although the baseline does, RUNTIME when neither does
 */
export async function checkModel(
  baseline: string,
  candidate: string,
  request: CheckRequest,
  context: Context,
): Promise<CheckResult> {
  if (request.level === 'none') return NOTHING_CHECKED;
  // Knows the limit of a container, but only since Node 20.13.
  const free = process.availableMemory?.() ?? freemem();
  const needed = (bytes: number): number => bytes * MEMORY_FACTOR + 200e6;
  if (needed(request.candidateBytes) > free)
    return unchecked(
      'the result is too large for this machine to load: it was written without being checked',
      context,
    );
  const after = await loadResult(candidate, {
    baseline,
    threads: context.threads,
    baselineFits: needed(request.baselineBytes) <= free,
  });
  try {
    if (request.level === 'load') return NOTHING_CHECKED;
    if (needed(request.candidateBytes + request.baselineBytes) > free)
      return unchecked(
        'both models do not fit into memory: the result was loaded, but not compared',
        context,
      );
    return await compare(baseline, after, request, context);
  } finally {
    await after.release();
  }
}

/** What generating inputs fails with; the model may be fine. */
const UNGUESSABLE: ReadonlySet<string> = new Set(['DATA', 'UNSUPPORTED']);

function unchecked(why: string, context: Context): CheckResult {
  context.warn(why);
  return { ...NOTHING_CHECKED, unchecked: why };
}

async function compare(
  baseline: string,
  after: Session,
  request: CheckRequest,
  context: Context,
): Promise<CheckResult> {
  const before = await openSession(baseline, { threads: context.threads }).catch((error: unknown) => {
    const why = refusalOf(baseline, error);
    if (why === null) throw error;
    return why;
  });
  if (typeof before === 'string')
    return unchecked(
      `onnxruntime cannot load the input model (${before}), so the result was loaded but not compared`,
      context,
    );
  try {
    const inputs = await openInputs(before, {
      seed: context.seed,
      signal: context.signal,
      rows: Math.min(request.samples, 8),
      dims: request.dims,
      ...(request.data === undefined ? {} : { data: request.data }),
    }).catch((error: unknown) => {
      if (request.data !== undefined || !(error instanceof LlmcError) || !UNGUESSABLE.has(error.code))
        throw error;
      return `the result was loaded but not compared: ${error.message} (${error.hint})`;
    });
    if (typeof inputs === 'string') return unchecked(inputs, context);
    return await measure(before, after, inputs, request, context);
  } finally {
    await before.release();
  }
}

async function measure(
  before: Session,
  after: Session,
  inputs: ModelInputs,
  request: CheckRequest,
  context: Context,
): Promise<CheckResult> {
  const adapt = feedAdapter(before.inputs, after.inputs);
  const meter = new FidelityMeter(before.outputs, after.outputs);
  const boards = [new ScoreBoard(), new ScoreBoard()] as const;
  for (const note of inputs.notes) context.note(note);
  const nonFinite = new Set<string>();
  let first: Feeds | null = null;
  let rows = 0;
  const score = scorer(boards, context);
  const progress = context.progress('checking', Math.min(request.samples, inputs.rows));
  for await (const batch of inputs.batches(request.samples)) {
    context.signal.throwIfAborted();
    first ??= batch.feeds;
    const { labels, size, padded } = batch;
    const expected = keepRows(await before.run(batch.feeds), size, padded);
    const found = await after.run(adapt(batch.feeds)).catch((cause: unknown) => {
      throw new LlmcError('CHECK_FAILED', `the result fails where the input model runs: ${message(cause)}`, {
        hint: 'nothing was written; --exclude keeps the failing operator as it was',
        cause,
      });
    });
    const actual = keepRows(found, size, padded);
    for (const [name, tensor] of Object.entries(actual))
      if (!finite(tensor) && (!expected[name] || finite(expected[name]))) nonFinite.add(name);
    meter.add(expected, actual, size, batch.feeds);
    if (labels) score(labels, expected, actual);
    rows += size;
    progress.tick(size);
  }
  const speed = first
    ? await race(before, after, [first, adapt(first)], {
        budgetMs: 1500,
        seed: context.seed,
        signal: context.signal,
      })
    : null;
  progress.done();
  for (const line of nanWarnings(meter)) context.warn(line);
  return {
    fidelity: meter.result('input model', inputs.synthetic),
    metrics: { before: boards[0].values(), after: boards[1].values() },
    speed,
    data: { source: inputs.source, rows, synthetic: inputs.synthetic },
    nonFinite: [...nonFinite],
    unchecked: null,
  };
}

/** Adds a batch to both boards, until labels turn out to be none: the check itself does without them. */
function scorer(
  [before, after]: readonly [ScoreBoard, ScoreBoard],
  context: Context,
): (labels: HostTensor, expected: Outputs, actual: Outputs) => void {
  let usable = true;
  return (labels, expected, actual) => {
    if (!usable) return;
    try {
      before.add(expected, labels);
      after.add(actual, labels);
    } catch (error) {
      if (!(error instanceof LlmcError)) throw error;
      usable = false;
      for (const board of [before, after]) board.clear();
      context.warn(`nothing was scored: ${error.message} (${error.hint})`);
    }
  };
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function finite(tensor: HostTensor): boolean {
  if (!/^(b?float|double)/.test(tensor.dtype)) return true;
  return asFloats(tensor)?.every((value) => Number.isFinite(value)) ?? true;
}
