/** Whether two variants of a model answer alike: how often their top choice is the same, and how far their distributions lie apart. */
import { asFloats } from '../data/cast.ts';
import type { HostTensor } from '../data/host-tensor.ts';
import { roleOf } from '../data/roles.ts';
import { CloseCalls } from '../numeric/close-calls.ts';
import { Divergence } from '../numeric/divergence.ts';
import { Agreement } from '../numeric/similarity.ts';
import type { Feeds } from './feeds.ts';

/** Scores of classes, [outer, classes, inner] around their axis. */
interface Layout {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}

/** Sums of probabilities differ from one by their rounding. */
const TOLERANCE = 1e-3;

/**
 * Agreement and divergence over one output, batch by batch. A row is one answer: of a classifier a row of data, of a
 * sequence a position, of a picture a pixel. Class numbers, as integers, are answers themselves and have no divergence.
 */
export class Answers {
  readonly #agreement = new Agreement();
  readonly #divergence = new Divergence();
  readonly #closeCalls = new CloseCalls();
  /** Of classes; chosen once, or the way a stream is cut into batches would show. */
  #axis: number | undefined;

  /**
   * Adds what both models made of the same batch; the shapes are equal.
   * @param feeds what the baseline was given: positions that its mask leaves out are nobody's answer
   */
  add(reference: HostTensor, other: HostTensor, feeds: Feeds = {}): void {
    const [a, b] = [asFloats(reference), asFloats(other)];
    if (a === null || b === null) return;
    const counted = countedPositions(reference.dims, feeds);
    if (!isFloat(reference)) {
      this.#addDecided(a, b, counted);
      return;
    }
    this.#axis ??= classAxis(reference.dims, a);
    const layout = around(reference.dims, this.#axis);
    if (layout.classes < 2) return;
    const rows = (values: Float32Array | Float64Array) => rowsOf(values, layout, counted);
    const [expected, actual] = [rows(a), rows(b)];
    this.#agreement.add(expected, actual, layout.classes);
    this.#divergence.add(expected, actual, layout.classes);
    this.#closeCalls.add(expected, actual, layout.classes);
  }

  #addDecided(
    a: Float32Array | Float64Array,
    b: Float32Array | Float64Array,
    counted: Uint8Array | null,
  ): void {
    const group = counted ? a.length / counted.length : a.length;
    for (let at = 0; at < a.length; at++) {
      if (counted && counted[Math.floor(at / group)] === 0) continue;
      this.#agreement.rows++;
      if (a[at] === b[at]) this.#agreement.agreeing++;
    }
  }

  /** Share of rows with the same top choice, in [0, 1]; null where there is nothing to choose from. */
  get agreement(): number | null {
    return this.#agreement.share;
  }

  /** Share of answers that noise as small as was measured is expected to change; null without scores. */
  get closeCalls(): number | null {
    return this.#closeCalls.expected;
  }

  /** Rows that were compared. */
  get count(): number {
    return this.#agreement.rows;
  }

  /**
   * Mean of KL(baseline || candidate) over the rows, in nats: of the outputs where those of the baseline add up to one,
   * of their softmax otherwise. Null without scores; infinite where the candidate gives NaN.
   */
  get divergence(): number | null {
    return this.#divergence.mean;
  }
}

function isFloat({ dtype }: HostTensor): boolean {
  return /^(b?float|double)/.test(dtype);
}

/**
 * The axis of classes. Probabilities tell it, since they add up to one along it. Scores have it last; of pictures, four
 * axes and more, it lies behind the rows or last, and there are fewer classes than pixels.
 */
function classAxis(dims: readonly number[], values: ArrayLike<number>): number {
  const last = dims.length - 1;
  const possible = dims.length > 2 ? [last, 1] : [last];
  const proven = possible.find((axis) => isDistribution(values, around(dims, axis)));
  if (proven !== undefined) return proven;
  // A channel of its own is a yes or no for each pixel, not a choice among pixels: it stays the axis, without a choice.
  return dims.length > 3 && (dims[1] ?? 0) <= (dims[last] ?? 0) ? 1 : last;
}

function around(dims: readonly number[], axis: number): Layout {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  return {
    outer: product(dims.slice(0, axis)),
    classes: dims[axis] ?? 0,
    inner: product(dims.slice(axis + 1)),
  };
}

/** Judged by the first row. */
function isDistribution(values: ArrayLike<number>, { classes, inner }: Layout): boolean {
  if (classes < 2) return false;
  let sum = 0;
  for (let index = 0; index < classes; index++) {
    const value = values[index * inner] as number;
    if (!(value >= 0)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) <= TOLERANCE;
}

/** One for every position [rows, length] that counts; null where all do. */
function countedPositions(dims: readonly number[], feeds: Feeds): Uint8Array | null {
  const [rows = 0, length = 0] = dims;
  for (const [name, { dtype, dims: own, data }] of Object.entries(feeds)) {
    // Rows that only fill up a batch have been cut off the outputs.
    if (own.length !== 2 || own[1] !== length || (own[0] ?? 0) < rows || Array.isArray(data)) continue;
    if (dims.length < 2 || roleOf({ name, dtype, dims: own }) !== 'mask') continue;
    return Uint8Array.from({ length: rows * length }, (_, at) => (Number(data[at]) === 0 ? 0 : 1));
  }
  return null;
}

/** The scores of each answer that counts, one behind the other; the values themselves where they lie like that. */
function rowsOf<T extends Float32Array | Float64Array>(
  values: T,
  { outer, classes, inner }: Layout,
  counted: Uint8Array | null,
): T | Float64Array {
  // A mask speaks of positions, which answers are where classes come last.
  const mask = inner === 1 && counted?.length === outer ? counted : null;
  if (inner === 1 && (mask === null || !mask.includes(0))) return values;
  const rows = new Float64Array(values.length);
  let to = 0;
  for (let answer = 0; answer < outer * inner; answer++) {
    if (mask && mask[answer] === 0) continue;
    const from = Math.floor(answer / inner) * classes * inner + (answer % inner);
    for (let index = 0; index < classes; index++) rows[to++] = values[from + index * inner] as number;
  }
  return rows.subarray(0, to);
}
