/** Sizes to try, in order, for dims a model leaves open: only a run tells which ones it accepts. */
import type { Bindings, OpenDim } from './dims.ts';
import { pastAxis, roleOf } from './roles.ts';

export interface LadderOptions {
  /** Size of leading symbolic dims; default 1, then 2. */
  readonly batch?: number;
  /** Sizes the user has fixed, by symbolic name. */
  readonly dims?: Bindings;
  /** `typical` begins with sizes that say something about latency, `small` with cheap ones. */
  readonly sizes?: 'typical' | 'small';
}

const ladders = {
  typical: { image: [224, 64, 32, 320, 512, 128, 16, 8, 1], other: [64, 16, 8, 32, 224, 512, 1] },
  small: { image: [32, 64, 8, 16, 224, 512, 1], other: [8, 16, 32, 64, 224, 512, 1] },
};
const CHANNELS = [3, 1, 4];
/** Beyond this many combinations another guess is as good as a refusal. */
const MAX_CANDIDATES = 500;

/**
 * Candidate bindings of all open dims. First the batch stays at its first, then its second size while all other dims
 * climb together; then every combination.
 */
export function* candidateBindings(
  open: readonly OpenDim[],
  options: LadderOptions = {},
): Generator<Bindings> {
  const lists = open.map((dim) => candidates(dim, options));
  const seen = new Set<string>();
  for (const steps of stepOrder(open, lists)) {
    const sizes = lists.map((list, i) => list[Math.min(steps[i] as number, list.length - 1)] as number);
    const key = sizes.join();
    if (seen.has(key)) continue;
    seen.add(key);
    yield Object.fromEntries(open.map((dim, i) => [dim.name, sizes[i] as number]));
    if (seen.size >= MAX_CANDIDATES) return;
  }
}

function candidates(dim: OpenDim, options: LadderOptions): readonly number[] {
  const fixed = options.dims?.[dim.name];
  if (fixed !== undefined) return [fixed];
  const { image, other } = ladders[options.sizes ?? 'typical'];
  // Some kernels take several rows only when they come without a past.
  if (dim.uses.some(isPast)) return (options.batch ?? 1) > 1 ? [0, ...other] : [...other, 0];
  if (dim.leading) return options.batch === undefined ? [1, 2, ...other] : [options.batch];
  if (dim.uses.some(({ input, axis }) => isChannel(input.dims, axis))) return [...CHANNELS, ...other];
  return dim.uses.some(({ input, axis }) => isSpatial(input.dims, axis)) ? image : other;
}

/** Whether it is the number of tokens in a cache. */
function isPast({ input, axis }: OpenDim['uses'][number]): boolean {
  return axis > 0 && roleOf(input) === 'cache' && axis === pastAxis(input);
}

/** Whether axis 1 of a four-dimensional input is an open channel count; a last axis of 1, 3 or 4 means NHWC. */
function isChannel(dims: readonly unknown[], axis: number): boolean {
  return dims.length === 4 && axis === 1 && !CHANNELS.includes(dims[3] as number);
}

function isSpatial(dims: readonly unknown[], axis: number): boolean {
  if (dims.length !== 4) return false;
  const channelsFirst = typeof dims[1] !== 'number' || CHANNELS.includes(dims[1]);
  const channelsLast = CHANNELS.includes(dims[3] as number);
  return channelsLast ? axis === 1 || axis === 2 : channelsFirst && axis >= 2;
}

/** Steps per dim: the early rounds described above, then every combination in order of its total. */
function* stepOrder(open: readonly OpenDim[], lists: readonly (readonly number[])[]): Generator<number[]> {
  const longest = Math.max(1, ...lists.map((list) => list.length));
  for (const batchStep of [0, 1]) {
    for (let step = 0; step < longest; step++) yield open.map((dim) => (dim.leading ? batchStep : step));
  }
  const most = lists.reduce((sum, list) => sum + list.length - 1, 0);
  for (let total = 0; total <= most; total++) yield* compositions(lists, total, 0);
}

function* compositions(
  lists: readonly (readonly number[])[],
  total: number,
  from: number,
): Generator<number[]> {
  const list = lists[from];
  if (list === undefined) {
    if (total === 0) yield [];
    return;
  }
  for (let step = 0; step <= Math.min(total, list.length - 1); step++) {
    for (const rest of compositions(lists, total - step, from + 1)) yield [step, ...rest];
  }
}
