/** What a mask may look like: zeros anywhere, N of every M weights in a row kept, or blocks that go as a whole. */

import { LlmcError } from '../../errors.ts';
import { type Pattern, parsePattern, requirePattern } from './pattern.ts';

/** Weights that go together: so many results by so many of the numbers each is a sum of. */
export interface Grain {
  readonly rows: number;
  readonly columns: number;
}

/** Zeros anywhere. */
export const SINGLE: Grain = { rows: 1, columns: 1 };

export interface MaskForm {
  /** What is kept of every run; null where a share goes. */
  readonly pattern: Pattern | null;
  readonly grain: Grain;
}

/** Larger ones are what channels are for. */
const MOST = 64;

/** `unstructured`, `2:4`, or `4x1`: blocks of 4 results by 1 input. Null for anything else. */
export function parseForm(text: string): MaskForm | null {
  if (text === 'unstructured') return { pattern: null, grain: SINGLE };
  const pattern = parsePattern(text);
  if (pattern) return { pattern, grain: SINGLE };
  const match = /^(\d+)x(\d+)$/.exec(text);
  return match ? { pattern: null, grain: { rows: Number(match[1]), columns: Number(match[2]) } } : null;
}

/** @throws LlmcError USAGE for patterns that keep everything or nothing, and blocks of no size */
export function requireForm({ pattern, grain }: MaskForm): void {
  if (pattern) requirePattern(pattern);
  const { rows, columns } = grain;
  if (Math.min(rows, columns) >= 1 && Math.max(rows, columns) <= MOST) return;
  throw new LlmcError('USAGE', `${rows}x${columns} is no block that can be taken out`, {
    hint: `RxC is R results by C inputs of each, 1 to ${MOST}, e.g. --structure 4x4`,
  });
}

/** Why a layer has no such mask, or null. */
export function misfit({ pattern, grain }: MaskForm, rows: number, extent: number): string | null {
  if (pattern && extent % pattern.of !== 0)
    return `its sums run over ${extent}, which ${pattern.of} does not divide`;
  if (extent % grain.columns !== 0)
    return `its sums run over ${extent}, which ${grain.columns} does not divide`;
  return rows % grain.rows === 0 ? null : `it has ${rows} results, which ${grain.rows} does not divide`;
}

export function grainSize({ rows, columns }: Grain): number {
  return rows * columns;
}

/** The root mean square of each block of a matrix [., columns]; the matrix itself where blocks are single weights. */
export function blockScores(scores: Float32Array, columns: number, grain: Grain): Float32Array {
  if (grainSize(grain) === 1) return scores;
  const energies = new Float64Array(scores.length / grainSize(grain));
  for (let at = 0; at < scores.length; at++) {
    const block = blockAt(at, columns, grain);
    energies[block] = (energies[block] as number) + (scores[at] as number) ** 2;
  }
  return Float32Array.from(energies, (energy) => Math.sqrt(energy / grainSize(grain)));
}

/** Marks of blocks as marks of their weights, in a matrix [., columns]. */
export function spreadBlocks(marks: Uint8Array, columns: number, grain: Grain): Uint8Array {
  if (grainSize(grain) === 1) return marks;
  return Uint8Array.from(
    { length: marks.length * grainSize(grain) },
    (_, at) => marks[blockAt(at, columns, grain)] as number,
  );
}

function blockAt(at: number, columns: number, { rows, columns: width }: Grain): number {
  const [row, column] = [Math.floor(at / columns), at % columns];
  return Math.floor(row / rows) * (columns / width) + Math.floor(column / width);
}
