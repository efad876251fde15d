/** Masks that grow while what is left is trained (Zhu and Gupta 2017, "To prune, or not to prune", section 3). */
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Revision } from '../../train/run/revision.ts';
import type { PruneOptions } from '../options.ts';
import { dropPattern, dropShare } from './choose.ts';
import { countsOf, type Worth } from './counts.ts';
import type { MaskForm } from './form.ts';
import { findMaskLayers, type MaskLayer, matrixOf } from './layer.ts';
import { cubicSparsity } from './schedule.ts';

/** Masks are complete after this share of the training: the rest mends what the last ones did. */
const RISE = 0.25;

export type GradualOptions = Pick<PruneOptions, 'target' | 'scope' | 'maxPerLayer'> & {
  readonly worth?: Worth;
};

/**
 * At each of so many moments the smallest weights go, up to the share that the cubic schedule has reached; the first moment
 * is before the first step. What has gone is smallest from then on, so that masks only grow.
 */
export class GradualMasks implements Revision {
  readonly key: string;
  readonly masked: ReadonlySet<string>;
  readonly #moments: number;
  readonly #form: MaskForm;
  readonly #options: GradualOptions;
  /** Share that is zero at first. */
  readonly #from: number;

  /** @param layers as they are before the training */
  constructor(layers: readonly MaskLayer[], moments: number, form: MaskForm, options: GradualOptions) {
    this.masked = new Set(layers.map(({ value }) => value.name));
    this.#moments = moments;
    this.#form = form;
    this.#options = options;
    this.#from = Math.min(zeroShare(layers.map(({ tensor }) => tensor)), options.target.share);
    const { target, scope, maxPerLayer, worth = new Map() } = options;
    this.key = JSON.stringify({
      ...{ moments, ...form, target, scope, maxPerLayer, from: this.#from },
      worth: [...worth],
    });
  }

  due(step: number, steps: number): boolean {
    return this.#reached(step, steps) > this.#reached(step - 1, steps);
  }

  settled(step: number, steps: number): boolean {
    return this.#reached(step, steps) === this.#moments;
  }

  apply(student: Model, step: number, steps: number): void {
    const { target } = this.#options;
    const schedule = { from: this.#from, to: target.share, begin: 0, end: this.#moments };
    const share = cubicSparsity(schedule, this.#reached(step, steps));
    const layers = findMaskLayers(student, () => null).layers.filter(({ value }) =>
      this.masked.has(value.name),
    );
    const counts = countsOf(layers, this.#form, share, this.#options, this.#options.worth);
    for (const [index, layer] of layers.entries())
      putZeros(layer, smallest(layer, counts[index] as number, this.#form));
  }

  /** Moments that lie at or before a step. */
  #reached(step: number, steps: number): number {
    if (step < 0) return 0;
    let count = 0;
    while (count < this.#moments && Math.floor((count * RISE * steps) / this.#moments) <= step) count++;
    return count;
  }
}

/** Share of weights that are zero. */
export function zeroShare(tensors: readonly Tensor[]): number {
  let [zeros, all] = [0, 0];
  for (const tensor of tensors) {
    for (const weight of floatsOf(tensor)) if (weight === 0) zeros++;
    all += tensor.size;
  }
  return all === 0 ? 0 : zeros / all;
}

/** Marks as many, in the order of `matrixOf`; with a pattern only such as it takes. */
function smallest(layer: MaskLayer, count: number, { pattern, grain }: MaskForm): Uint8Array {
  const scores = matrixOf(layer, floatsOf(layer.tensor)).map(Math.abs);
  const open = pattern && dropPattern(scores, pattern);
  const ranked = open ? scores.map((score, at) => (open[at] === 1 ? score : Infinity)) : scores;
  return dropShare(ranked, layer.columns.length, count, grain, false);
}

function putZeros({ value, tensor, rows, columns }: MaskLayer, drop: Uint8Array): void {
  const array = Float32Array.from(floatsOf(tensor));
  let at = 0;
  for (const row of rows) for (const column of columns) if (drop[at++] === 1) array[row + column] = 0;
  value.tensor = Tensor.of('float32', tensor.dims, array);
}
