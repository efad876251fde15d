/** SparseGPT: takes out one input after the other, and lets the inputs to come make up for what went. */
import { feedbackOf } from '../../numeric/gptq.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import { dropSmallest, partOf } from './choose.ts';
import { blockScores, type Grain, spreadBlocks } from './form.ts';
import type { Pattern } from './pattern.ts';

/** Inputs whose masks are chosen together, with what they owe for earlier ones (section 3.3 of the paper). */
const WINDOW = 128;

export interface SparseLayer {
  /** [rows, size]; zero where dropped. */
  readonly weights: Float32Array;
  readonly drop: Uint8Array;
}

/**
 * Weights [rows, size] with zeros, updated to give what they gave under H [size, size], damped (Frantar & Alistarh 2023,
 * "SparseGPT", algorithm 1). Updates are those of GPTQ with zero for the rounded value, so they share its factors, in which
 * `costs` are the squares of the inverse diagonal that the paper ranks by. Null where H is not positive definite.
 * @param goes a count of weights, or a pattern along the columns, whose length divides `size`
 * @param grain weights that go together when `goes` is a count; its extents divide those of the matrix
 */
export async function sparsegpt(
  matrix: Float32Array,
  size: number,
  hessian: Float64Array,
  goes: number | Pattern,
  grain: Grain,
  engine: MatrixEngine,
): Promise<SparseLayer | null> {
  const rows = matrix.length / size;
  const feedback = await feedbackOf(
    hessian,
    Int32Array.from({ length: size }, (_, at) => at),
    engine,
  );
  if (!feedback) return null;
  const { factors, costs } = feedback;
  const weights = matrix.slice();
  const errors = new Float32Array(matrix.length);
  const drop = new Uint8Array(matrix.length);
  const step = typeof goes === 'number' ? 1 : goes.of;
  const run = Math.max(step, grain.columns);
  const window = Math.max(run, WINDOW - (WINDOW % run));
  for (let first = 0; first < size; first += window) {
    const last = Math.min(first + window, size);
    if (first > 0) await owe(first, last);
    if (typeof goes === 'number') choose(first, last, countIn(goes, first, last));
    settleWindow(first, last);
  }
  return { weights, drop };

  /** Column after column, or run after run: what is owed, what goes, and the errors this makes. */
  function settleWindow(first: number, last: number): void {
    for (let at = first; at < last; at += step) {
      for (let column = at; column < at + step; column++) collect(column, first, at);
      if (typeof goes !== 'number') for (let row = 0; row < rows; row++) chooseRun(row, at, goes);
      for (let column = at; column < at + step; column++) {
        collect(column, at, column);
        settle(column);
      }
    }
  }

  /** What is owed for the columns before a window, in one product. */
  async function owe(first: number, last: number): Promise<void> {
    const width = last - first;
    const known = new Float32Array(rows * first);
    const share = new Float32Array(first * width);
    for (let row = 0; row < rows; row++)
      known.set(errors.subarray(row * size, row * size + first), row * first);
    for (let j = 0; j < first; j++)
      for (let i = 0; i < width; i++) share[j * width + i] = factors[(first + i) * size + j] as number;
    const debts = await engine.multiply(known, share, rows, first, width);
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < width; i++)
        weights[row * size + first + i] =
          (weights[row * size + first + i] as number) + (debts[row * width + i] as number);
  }

  /** Blocks of a window that go. */
  function countIn(count: number, first: number, last: number): number {
    const [width, blocks] = [grain.columns, Math.round(count / (grain.rows * grain.columns))];
    let own = 0;
    for (let column = first; column < last; column += width)
      own += partOf(blocks, column / width, size / width);
    return own;
  }

  /** Masks of a whole window, rows compared with each other. */
  function choose(first: number, last: number, count: number): void {
    const width = last - first;
    const scores = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < width; i++) scores[row * width + i] = scoreOf(row, first + i);
    const blocks = blockScores(scores, width, grain);
    const chosen = new Uint8Array(blocks.length);
    dropSmallest(blocks, 0, blocks.length, count, chosen);
    const own = spreadBlocks(chosen, width, grain);
    for (let row = 0; row < rows; row++)
      drop.set(own.subarray(row * width, (row + 1) * width), row * size + first);
  }

  function chooseRun(row: number, first: number, { kept, of }: Pattern): void {
    const scores = Float32Array.from({ length: of }, (_, i) => scoreOf(row, first + i));
    const own = new Uint8Array(of);
    dropSmallest(scores, 0, of, of - kept, own);
    drop.set(own, row * size + first);
  }

  /** The root of what the paper ranks by. */
  function scoreOf(row: number, column: number): number {
    return Math.abs(weights[row * size + column] as number) * Math.sqrt(costs[column] as number);
  }

  /** Adds what a column owes for the errors of the columns [from, to). */
  function collect(column: number, from: number, to: number): void {
    for (let row = 0; row < rows; row++) {
      let owed = 0;
      for (let j = from; j < to; j++)
        owed += (factors[column * size + j] as number) * (errors[row * size + j] as number);
      weights[row * size + column] = (weights[row * size + column] as number) + owed;
    }
  }

  function settle(column: number): void {
    for (let row = 0; row < rows; row++) {
      const at = row * size + column;
      if (drop[at] === 1) weights[at] = 0;
      errors[at] = (matrix[at] as number) - (weights[at] as number);
    }
  }
}
