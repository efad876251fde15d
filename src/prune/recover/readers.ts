/** Readers: weights that sum over channels, with the activations they are multiplied with. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { PruneGroup } from '../coupling/group.ts';
import type { Place, Strand } from '../coupling/strand.ts';

export interface Reader {
  readonly node: Node;
  readonly strand: Strand;
  /** What is multiplied: a value that is computed, one position on the axis for each of the strand. */
  readonly data: Place;
  /** The constant it is multiplied with. */
  readonly weight: Place;
}

/** What a group is read by. Products of two computed values, and axes that are products themselves, are left out. */
export function readersOf(group: PruneGroup): Reader[] {
  return group.crossed.flatMap(({ strand }) => {
    const { node, places, size } = strand;
    const summed = places.filter((place) => place.summed);
    const [data, ...moreData] = summed.filter(({ site }) => !site.value.tensor);
    const [weight, ...moreWeights] = summed.filter(({ site }) => site.value.tensor);
    if (!node || !data || !weight || moreData.length + moreWeights.length > 0) return [];
    const plain = data.at.length === size && weight.at.length === size;
    return plain && weight.site.value.tensor?.dtype === 'float32' ? [{ node, strand, data, weight }] : [];
  });
}

/** One for every axis of every value that is read. */
export function dataOf(
  readers: readonly Reader[],
): { readonly value: Value; readonly axis: number; readonly size: number }[] {
  const seen = new Map<string, { value: Value; axis: number; size: number }>();
  for (const { data, strand } of readers)
    seen.set(`${data.site.value.name} ${data.axis}`, {
      value: data.site.value,
      axis: data.axis,
      size: strand.size,
    });
  return [...seen.values()];
}
