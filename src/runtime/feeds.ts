/** Finds inputs a model accepts: tries candidate sizes in order and keeps the first that runs. */
import { consistentDims } from '../data/decoder-dims.ts';
import { type Bindings, type OpenDim, openDims } from '../data/dims.ts';
import type { HostTensor } from '../data/host-tensor.ts';
import { candidateBindings, type LadderOptions } from '../data/ladder.ts';
import { generateInputs, type InputHints } from '../data/synthetic.ts';
import type { ValueInfo } from '../data/value-info.ts';
import { LlmcError } from '../errors.ts';

export type Feeds = Readonly<Record<string, HostTensor>>;

export interface FindOptions extends LadderOptions {
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** No new attempt begins after this many milliseconds; default 15,000. */
  readonly timeMs?: number;
}

/** Inputs that run, and how to make more of them. */
export interface FeedPlan {
  /** Sizes chosen for the symbolic dims. */
  readonly bindings: Bindings;
  /** Rows per feed: the size of axis 0 of the first input that has one. */
  readonly size: number;
  /** The feeds of attempt `index`; index 0 is the one that was tried. Deterministic. */
  make(index: number): Feeds;
}

/** Runs the model once; what it returns is searched for infinities and NaN. */
export type TryRun = (feeds: Feeds) => Promise<Readonly<Record<string, HostTensor>> | undefined>;

interface Attempt {
  readonly bindings: Bindings;
  readonly floats: 'normal' | 'uniform';
  readonly defaultBound: number;
  /** Exclusive bounds of integer inputs that were found to index smaller tables. */
  readonly hints?: InputHints;
}

/**
 * The first generated inputs that `run` accepts. Symbolic dims climb a ladder of sizes; integer inputs shrink their
 * bound when an index is refused; floats turn to [0, 1) when normal ones give NaN. LlmcError DATA with the
 * runtime's last message when nothing works.
 */
export async function findFeeds(
  run: TryRun,
  stated: readonly ValueInfo[],
  options: FindOptions = {},
): Promise<FeedPlan> {
  const inputs = consistentDims(stated, options.dims);
  refuseUnranked(inputs);
  const open = openDims(inputs);
  refuseUnknownDims(
    open.map((dim) => dim.name),
    options.dims ?? {},
  );
  refuseFixedBatch(inputs, open, options.batch);
  const deadline = performance.now() + (options.timeMs ?? 15_000);
  const seed = options.seed ?? 0;
  let lastError: unknown;
  const attempt = async (candidate: Attempt): Promise<boolean | null> => {
    options.signal?.throwIfAborted();
    try {
      const outputs = await run(generateInputs(inputs, { ...candidate, seed }));
      return allFinite(outputs ?? {});
    } catch (error) {
      if (!isRefusal(error)) throw error;
      lastError = error;
      return null;
    }
  };
  // Indices of zero suit every table; only integers can profit from the second sweep.
  const integers = inputs.filter(({ dtype }) => /^u?int(32|64)$/.test(dtype)).map(({ name }) => name);
  const bounds = integers.length > 0 ? [100, 1] : [100];
  for (const defaultBound of bounds) {
    for (const bindings of candidateBindings(open, options)) {
      if (performance.now() > deadline) break;
      const found = await settle({ bindings, floats: 'normal', defaultBound }, integers, attempt, () =>
        text(lastError),
      );
      if (found !== null) return plan(inputs, found, seed);
    }
  }
  throw new LlmcError(
    'DATA',
    `no generated inputs suit this model; onnxruntime's last word: ${text(lastError)}`,
    {
      hint: `give real inputs with --data, or sizes with --dim${open.length > 0 ? ` (${open.map((dim) => `${dim.name}=...`).join(' ')})` : ''}`,
      cause: lastError,
    },
  );
}

/** Refines one choice of sizes: smaller indices, then positive floats. Null when it does not run at all. */
async function settle(
  first: Attempt,
  integers: readonly string[],
  attempt: (candidate: Attempt) => Promise<boolean | null>,
  lastError: () => string,
): Promise<Attempt | null> {
  let candidate = first;
  let finite = await attempt(candidate);
  const bound = finite === null ? boundFrom(lastError()) : null;
  if (bound !== null && bound < candidate.defaultBound) {
    const bounded = integers.length > 1 ? await boundOneByOne(first, integers, attempt, lastError) : null;
    candidate = bounded ?? { ...candidate, defaultBound: bound };
    finite = await attempt(candidate);
  }
  if (finite === null) return null;
  if (finite) return candidate;
  const positive: Attempt = { ...candidate, floats: 'uniform' };
  return (await attempt(positive)) === true ? positive : candidate;
}

/**
 * Bounds for the inputs that need them alone: the smallest table of a model shall not decide how many words the others
 * get. An input is the one that a complaint is about when the complaint goes away with its bound. Null when no
 * single input is to blame.
 */
async function boundOneByOne(
  first: Attempt,
  integers: readonly string[],
  attempt: (candidate: Attempt) => Promise<boolean | null>,
  lastError: () => string,
): Promise<Attempt | null> {
  const bounds: Record<string, number> = {};
  let complaint = lastError();
  // An input may index several tables, each smaller than the one before.
  for (let round = 0; round < 2 * integers.length; round++) {
    const bound = boundFrom(complaint);
    if (bound === null) return null;
    let told = complaint;
    for (const name of integers.filter((each) => bound < (bounds[each] ?? first.defaultBound))) {
      const candidate = { ...first, hints: { bounds: { ...bounds, [name]: bound } } };
      if ((await attempt(candidate)) !== null) return candidate;
      told = lastError();
      if (placeOf(told) === placeOf(complaint)) continue;
      bounds[name] = bound;
      break;
    }
    if (placeOf(told) === placeOf(complaint)) return null;
    complaint = told;
  }
  return null;
}

/** A complaint of Gather without the index, of which threads may find another one each time. */
function placeOf(message: string): string {
  return message.replace(/idx=-?\d+/, '');
}

/** The exclusive bound in Gather's complaint "idx=57 must be within the inclusive range [-2,1]". */
function boundFrom(message: string): number | null {
  const match = /inclusive range \[-?\d+,\s*(\d+)\]/.exec(message);
  return match ? Number(match[1]) + 1 : null;
}

function plan(inputs: readonly ValueInfo[], found: Attempt, seed: number): FeedPlan {
  const make = (index: number) => generateInputs(inputs, { ...found, seed: seed + index });
  const first = Object.values(make(0)).find((tensor) => tensor.dims.length > 0);
  return { bindings: found.bindings, size: first?.dims[0] ?? 1, make };
}

/** Guessing a rank is no use: kernels that get another one than they expect may end the process. */
function refuseUnranked(inputs: readonly ValueInfo[]): void {
  const names = inputs.filter(({ unranked }) => unranked).map(({ name }) => `"${name}"`);
  if (names.length === 0) return;
  throw new LlmcError('DATA', `the model does not state how many axes ${names.join(', ')} has`, {
    hint: 'give real inputs with --data',
  });
}

function refuseUnknownDims(known: readonly string[], given: Bindings): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new LlmcError('USAGE', `the model has no symbolic dim "${name}"`, {
      hint: known.length > 0 ? `its symbolic dims: ${known.join(', ')}` : 'all its input dims are fixed',
    });
  }
}

function refuseFixedBatch(
  inputs: readonly ValueInfo[],
  open: readonly OpenDim[],
  batch: number | undefined,
): void {
  const fixed = inputs.find(({ dims }) => dims.length > 0)?.dims[0];
  if (batch === undefined || batch === fixed || open.some((dim) => dim.leading)) return;
  throw new LlmcError(
    'USAGE',
    `--batch ${batch} does not fit: the model's batch size is fixed at ${fixed ?? 1}`,
    {
      hint: 'leave --batch out',
    },
  );
}

function isRefusal(error: unknown): boolean {
  return error instanceof LlmcError && (error.code === 'RUNTIME' || error.code === 'DATA');
}

function allFinite(outputs: Readonly<Record<string, HostTensor>>): boolean {
  return Object.values(outputs).every(({ data }) => {
    if (!(data instanceof Float32Array || data instanceof Float64Array)) return true;
    return data.every(Number.isFinite);
  });
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : 'nothing was tried';
}
