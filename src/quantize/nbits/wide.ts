/** Which matrices get 8 bits among those that get fewer: the ones asked for, and the ones that fewer cost most. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import type { Context } from '../../step.ts';
import type { Outcome } from '../outcome.ts';
import { nearestErrors } from '../rounding/nearest-errors.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';

/**
 * Constants that get 8 bits. With a ratio, those with the largest error under round-to-nearest come first, relative to
 * what they put out on the data, or to themselves without data, as long as they fit.
 * @param weightOf the constant of a node that will be rewritten, null for others
 */
export async function wideWeights(
  model: Model,
  weightOf: (node: Node) => Value | null,
  options: SchemeOptions,
  outcome: Outcome,
  context: Context,
): Promise<ReadonlySet<Value>> {
  const wide = new Set<Value>();
  const candidates = new Set<Value>();
  if (options.bits === 8) return wide;
  for (const node of allNodes(model, { functions: false })) {
    const weight = weightOf(node);
    if (!weight) continue;
    candidates.add(weight);
    if (options.int8Layers(node)) wide.add(weight);
  }
  if (options.int8Ratio === 0) return wide;
  const sizes = [...candidates].map((value) => value.tensor?.size ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let left = options.int8Ratio * total;
  for (const value of wide) left -= value.tensor?.size ?? 0;
  const errors = await nearestErrors(model, [...candidates], options, context);
  const ranked = [...candidates].sort((a, b) => (errors.get(b) ?? 0) - (errors.get(a) ?? 0));
  let added = 0;
  for (const value of ranked) {
    const size = value.tensor?.size ?? 0;
    if (wide.has(value) || size > left || !errors.has(value)) continue;
    wide.add(value);
    left -= size;
    added++;
  }
  const judged = options.data === undefined ? 'relative to the weights' : 'relative to the output';
  outcome.note(`int8 ratio: 8 bits for ${added} matrices with the largest error of nearest, ${judged}`);
  return wide;
}
