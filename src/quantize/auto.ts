/** auto: tries the schemes that apply, measures each on this machine, keeps the best and says why. */
import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { onInterrupt } from '../cleanup.ts';
import { type ErrorCode, LlmcError } from '../errors.ts';
import { openModel } from '../onnx/read.ts';
import { requireTarget, scratchFolder, writeFailure } from '../onnx/transaction.ts';
import { formatDb } from '../report/units.ts';
import { requireLoadable } from '../runtime/loadable.ts';
import type { Context } from '../step.ts';
import { findQuantizedAlready } from './already.ts';
import { refuseContradictions } from './contradictions.ts';
import type { QuantizeOptions } from './options.ts';
import { type FixedScheme, type QuantizeJob, type QuantizeResult, quantizeFile } from './quantize.ts';

interface Candidate {
  readonly label: string;
  readonly scheme: FixedScheme;
  readonly options: Partial<QuantizeOptions>;
  /** Only where inputs are given: ranges found on generated ones would be those of noise. */
  readonly needsData?: true;
}

/** Tried in this order; equal results go to the earlier one. */
const CANDIDATES: readonly Candidate[] = [
  { label: 'int8-dynamic', scheme: 'int8-dynamic', options: {} },
  { label: 'int8-dynamic without Conv', scheme: 'int8-dynamic', options: { exclude: ['Conv'] } },
  { label: 'int8', scheme: 'int8', options: {}, needsData: true },
  { label: 'int8-weights', scheme: 'int8-weights', options: { format: 'cast' } },
  { label: 'fp16', scheme: 'fp16', options: {} },
];

const NAME_A_SCHEME = 'name a scheme with --check none';

interface Tried {
  readonly candidate: Candidate;
  readonly result: QuantizeResult | null;
  /** Why it lost, or what it achieved. */
  readonly note: string;
}

/** Slower than this share of the input model's speed, beyond noise, is not acceptable. */
const NOISE = 0.97;
/** Signal-to-noise ratio in dB that unattended compression must keep when outputs give no classes to agree on. */
const TRUSTED_DB = 15;
/** Share of rows whose answer must stay the same. */
const TRUSTED_AGREEMENT = 0.97;
/** What speaks against a candidate; every other failure is about the input, the data or the disk and ends the run. */
const OWN_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CHECK_FAILED', 'UNSUPPORTED']);

/**
 * Chooses a scheme by measurement. A result counts when it is smaller, not slower and close enough to the input
 * model; among those the one with the best product of speed-up and size reduction wins.
 * @throws LlmcError CHECK_FAILED when no candidate is smaller and close; the message lists what was tried
 */
export async function quantizeAuto(job: QuantizeJob, context: Context): Promise<QuantizeResult> {
  if (job.options.check !== 'full')
    throw new LlmcError(
      'USAGE',
      '--scheme auto decides by measuring, which --check load and none switch off',
      {
        hint: 'leave --check at full, or name a scheme',
      },
    );
  refuseContradictions(job.options);
  const protect = [job.input, ...openModel(job.input).externalFiles];
  requireTarget(job.output, { protect, force: job.force });
  const folder = temporaryFolder(job.output);
  const release = onInterrupt(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const tried: Tried[] = [];
    const hasData = job.options.data !== undefined && !/^synthetic\b/.test(job.options.data);
    const candidates = CANDIDATES.filter(({ needsData }) => hasData || !needsData);
    for (const [index, candidate] of candidates.entries()) {
      context.signal.throwIfAborted();
      const options = merge(job.options, candidate);
      tried.push(
        await attempt({ ...job, options, output: join(folder, `${index}.onnx`) }, candidate, context),
      );
    }
    const best = choose(tried);
    if (!best) throw nothingFits(tried);
    context.note(`kept ${best.candidate.label}: ${best.note}`);
    const options = merge(job.options, best.candidate);
    // Written again rather than moved: data files are named after the model. The check has been passed.
    const written = await quantizeFile(
      {
        ...job,
        options: { ...options, check: 'load' },
        decided: { ...best.candidate.options, exclude: options.exclude, scheme: best.candidate.scheme },
      },
      best.candidate.scheme,
      context,
    );
    return withMeasurements(written, best.result as QuantizeResult, tried);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    release();
  }
}

function merge(options: QuantizeOptions, candidate: Candidate): QuantizeOptions {
  const exclude = [...options.exclude, ...(candidate.options.exclude ?? [])];
  return { ...options, ...candidate.options, scheme: candidate.scheme, exclude };
}

function temporaryFolder(output: string): string {
  try {
    return scratchFolder(dirname(resolve(output)));
  } catch (cause) {
    throw writeFailure(output, cause);
  }
}

async function attempt(job: QuantizeJob, candidate: Candidate, context: Context): Promise<Tried> {
  const quiet: Context = { ...context, note: () => {}, warn: () => {} };
  try {
    const result = await quantizeFile({ ...job, force: false, checksum: false }, candidate.scheme, quiet);
    if (result.unchecked !== null) throw nothingMeasured(result.unchecked);
    return { candidate, result, note: describe(result) };
  } catch (error) {
    if (!(error instanceof LlmcError)) throw error;
    if (error.code === 'RUNTIME') await requireLoadable(job.input, context.threads, NAME_A_SCHEME);
    // Excluding an operator the model lacks is this candidate's mistake, any other pattern the user's.
    const own = error.code === 'SELECTOR' && candidate.options.exclude !== undefined;
    if (!own && !OWN_FAILURES.has(error.code)) throw error;
    return { candidate, result: null, note: own ? 'same as above' : firstLine(error.message) };
  }
}

function nothingMeasured(why: string): LlmcError {
  return new LlmcError('RUNTIME', `--scheme auto decides by measuring, which is impossible here: ${why}`, {
    hint: 'name a scheme; --data gives real inputs',
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function describe({ comparison, models }: QuantizeResult): string {
  const speed = comparison.speedup
    ? `${comparison.speedup.estimate.toFixed(2)}x the speed`
    : 'speed not measured';
  const sqnr = models[1].fidelity?.sqnrDb;
  const noise = sqnr === undefined ? '' : `, ${sqnr === null ? 'equal outputs' : formatDb(sqnr)}`;
  return `${comparison.sizeRatio.toFixed(2)}x the size, ${speed}${noise}`;
}

function choose(tried: readonly Tried[]): Tried | null {
  let best: { entry: Tried; score: number } | null = null;
  for (const entry of tried) {
    const score = entry.result ? scoreOf(entry.result) : null;
    if (score !== null && score > (best?.score ?? 0)) best = { entry, score };
  }
  return best?.entry ?? null;
}

/** Speed-up divided by size ratio; null for what must not be handed back. */
function scoreOf({ comparison, models }: QuantizeResult): number | null {
  const fidelity = models[1].fidelity;
  if (comparison.sizeRatio >= 0.98) return null;
  if (comparison.speedup && comparison.speedup.high < NOISE) return null;
  const close =
    (fidelity?.sqnrDb ?? Number.POSITIVE_INFINITY) >= TRUSTED_DB ||
    (fidelity?.agreement ?? 0) >= TRUSTED_AGREEMENT;
  if (fidelity && !close) return null;
  return (comparison.speedup?.estimate ?? 1) / comparison.sizeRatio;
}

function nothingFits(tried: readonly Tried[]): LlmcError {
  const lines = tried.map(({ candidate, note }) => `  ${candidate.label}: ${note}`);
  const notes = tried.flatMap(({ result }) => result?.steps.flatMap((step) => step.notes) ?? []);
  const already = findQuantizedAlready(notes);
  const list = (already ? [...lines, already] : lines).join('\n');
  return new LlmcError(
    'CHECK_FAILED',
    `no scheme makes this model smaller without making it slower or wrong here:\n${list}`,
    {
      hint: 'name a scheme to accept its price, e.g. --scheme int8-weights for size alone; --data judges it on real inputs',
    },
  );
}

function withMeasurements(
  written: QuantizeResult,
  measured: QuantizeResult,
  tried: readonly Tried[],
): QuantizeResult {
  const [before, after] = written.models;
  const notes = tried.map(({ candidate, note }) => `tried ${candidate.label}: ${note}`);
  return {
    ...written,
    models: [before, { ...after, fidelity: measured.models[1].fidelity }],
    comparison: { ...written.comparison, speedup: measured.comparison.speedup },
    data: measured.data,
    steps: written.steps.map((step) => ({ ...step, notes: [...notes, ...step.notes] })),
  };
}
