/** Which matrices get 8 bits among those that get fewer: the ones asked for, and the ones that fewer cost most. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import type { Context } from '../../step.ts';
import type { Outcome } from '../outcome.ts';
import { nearestErrors } from '../rounding/nearest-errors.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { smallHeads } from './heads.ts';

/**
 * Constants that get 8 bits: those asked for; without a ratio, small heads; with one, those with the largest error
 * under round-to-nearest, relative to what they put out on the data, or to themselves without data.
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
  if (options.int8Ratio === null && !options.parity) {
    const heads = [...smallHeads(model, weightOf, options.bits)].filter((head) => !wide.has(head));
    for (const head of heads) wide.add(head);
    if (heads.length > 0) outcome.note(headsText(heads, options.bits));
  }
  if (options.int8Ratio)
    await addByError(
      wide,
      [...candidates],
      { ...options, int8Ratio: options.int8Ratio },
      model,
      outcome,
      context,
    );
  return wide;
}

/** Adds those with the largest error first, as long as they fit into the share. */
async function addByError(
  wide: Set<Value>,
  candidates: readonly Value[],
  options: SchemeOptions & { readonly int8Ratio: number },
  model: Model,
  outcome: Outcome,
  context: Context,
): Promise<void> {
  let left = options.int8Ratio * candidates.reduce((sum, value) => sum + (value.tensor?.size ?? 0), 0);
  for (const value of wide) left -= value.tensor?.size ?? 0;
  const errors = await nearestErrors(model, candidates, options, context);
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
}

function headsText(heads: readonly Value[], bits: number): string {
  const names = heads.map(({ name }) => name).join(', ');
  return `8 bits for what answers directly and is small: ${names}; --int8-ratio 0 keeps it at ${bits}`;
}
