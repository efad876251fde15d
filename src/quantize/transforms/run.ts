/** Runs the transforms that were asked for, those that change weights before the one that corrects for their rounding. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Context } from '../../step.ts';
import type { Outcome } from '../outcome.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { weightScales } from '../static/weights.ts';
import { TRANSFORMS } from './table.ts';
import type { TransformOptions } from './transform.ts';

/** What follows from what: ranges of weights, then those of activations, then what rounding does to means. */
const ORDER = ['equalize', 'smoothquant', 'outlier-channels', 'bias-correction'];

/** Bits of activations that are not quantized. */
const FLOAT = 32;

/** What the transforms need to know of a scheme's arithmetic. */
export function transformOptions(options: SchemeOptions, activationBits: number): TransformOptions {
  const { data, reduceRange, boundPairs, perChannel, select, moments, static: own } = options;
  return {
    data,
    samples: own.samples,
    weightBits: reduceRange ? 7 : 8,
    weightScales: boundPairs ? (node, weight, axis) => weightScales(node, weight, axis, options) : undefined,
    perChannel,
    activationBits,
    select,
    moments,
  };
}

/**
 * Applies transforms by name, in place, in their own order.
 * @throws LlmcError USAGE for a name that is none, or without the data that one needs
 */
export async function applyTransforms(
  model: Model,
  names: readonly string[],
  options: TransformOptions,
  outcome: Outcome,
  context: Context,
): Promise<void> {
  for (const name of names)
    if (!TRANSFORMS.some((transform) => transform.name === name))
      throw new LlmcError('USAGE', `there is no transform '${name}'`, {
        hint: `there are ${TRANSFORMS.map((transform) => transform.name).join(', ')}`,
      });
  const wanted = TRANSFORMS.filter(({ name }) => names.includes(name));
  wanted.sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
  for (const transform of wanted) {
    if (transform.forActivations && options.activationBits === FLOAT)
      outcome.note(`${transform.name}: left out, activations stay floats`);
    else await transform.apply(model, options, outcome, context);
  }
}
