/** Relates the inputs and outputs of two variants of a model: by name first, by position where names differ. */
import { castTensor } from '../data/cast.ts';
import type { HostTensor } from '../data/host-tensor.ts';
import type { ValueInfo } from '../data/value-info.ts';
import { LlmcError } from '../errors.ts';
import type { Feeds } from './feeds.ts';

/**
 * Pairs of names (ours, theirs). Values of the same name belong together; those left over are paired in order, as
 * far as both lists go.
 */
export function pairNames(ours: readonly ValueInfo[], theirs: readonly ValueInfo[]): [string, string][] {
  const theirNames = new Set(theirs.map(({ name }) => name));
  const ourNames = new Set(ours.map(({ name }) => name));
  const leftover = theirs.filter(({ name }) => !ourNames.has(name));
  const pairs: [string, string][] = [];
  for (const { name } of ours) {
    const partner = theirNames.has(name) ? name : leftover.shift()?.name;
    if (partner !== undefined) pairs.push([name, partner]);
  }
  return pairs;
}

/**
 * A function from feeds of a model with inputs `ours` to feeds of one with inputs `theirs`: renamed, and cast where
 * the element type differs (half-precision inputs). LlmcError DATA when an input has no counterpart.
 */
export function feedAdapter(
  ours: readonly ValueInfo[],
  theirs: readonly ValueInfo[],
): (feeds: Feeds) => Feeds {
  const partner = new Map(pairNames(theirs, ours));
  const plan = theirs.map((input) => {
    const from = partner.get(input.name);
    if (from !== undefined) return { input, from };
    throw new LlmcError('DATA', `its input "${input.name}" has no counterpart in the first model`, {
      hint: `compare variants of one model; the first model's inputs: ${ours.map(({ name }) => name).join(', ')}`,
    });
  });
  return (feeds) => {
    const adapted: Record<string, HostTensor> = {};
    for (const { input, from } of plan) {
      adapted[input.name] = castTensor(feeds[from] as HostTensor, input.dtype, input.name);
    }
    return adapted;
  };
}
