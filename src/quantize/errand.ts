/** Errands: a recipe and where its weight lies, as messages to a worker thread and back. */
import type { Transferable } from 'node:worker_threads';
import type { DType } from '../ir/dtype.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Made, Recipe } from './recipes/recipe.ts';

/** A range of a file that this process has open, or the bytes themselves. */
export type WeightPlace =
  | {
      readonly path: string;
      readonly descriptor: number;
      readonly offset: number;
      readonly byteLength: number;
    }
  | { readonly bytes: Uint8Array<ArrayBuffer> };

export interface Errand {
  readonly recipe: Recipe;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly place: WeightPlace;
}

/** What comes back: null when it failed, for whatever reason; the sender then does it itself and finds out why. */
export type Answer = Made | null;

/** The errand of following `recipe`. Bytes that are in no open file are read, or computed, and copied now. */
export function errandOf(recipe: Recipe, weight: Tensor): { errand: Errand; transfer: Transferable[] } {
  const { dtype, dims, source } = weight;
  const { file, byteLength } = source;
  if (file?.descriptor !== undefined) {
    const { path, offset, descriptor } = file;
    return { errand: { recipe, dtype, dims, place: { path, offset, descriptor, byteLength } }, transfer: [] };
  }
  const bytes = new Uint8Array(source.read());
  return { errand: { recipe, dtype, dims, place: { bytes } }, transfer: [bytes.buffer] };
}

/** The memory under an answer, to be moved rather than copied. */
export function memoryOf(made: Made): ArrayBuffer[] {
  return [...new Set(Object.values(made).flatMap((view) => (view ? [view.buffer] : [])))];
}
