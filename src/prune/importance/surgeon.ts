/** What it costs to do without a channel when the others take over. */
import { type SurgeonLayer, surgeonCosts } from '../../numeric/channel-surgeon.ts';
import type { PruneGroup } from '../coupling/group.ts';
import type { ChannelProducts } from '../recover/channel-products.ts';
import type { Reader } from '../recover/readers.ts';
import { rowsOf } from '../recover/weight-rows.ts';
import type { Importance } from './importance.ts';

/**
 * The error that a channel leaves in what the layers that read it put out, as a share of their energy, when the other
 * channels take over by least squares; one channel after the other (numeric/channel-surgeon.ts).
 */
export const surgeon: Importance = {
  name: 'surgeon',
  summary: 'error that is left when the other channels take over, on data',
  needsData: true,
  absolute: true,
  score(group, { products }) {
    const readers = products?.readers.get(group) ?? [];
    const layers = readers.flatMap((reader) => layerOf(group, reader, products) ?? []);
    return layers.length > 0 ? surgeonCosts(layers, group.size) : null;
  },
};

function layerOf(group: PruneGroup, reader: Reader, products: ChannelProducts | null): SurgeonLayer | null {
  const gram = products?.of(reader);
  const crossed = group.crossed.find(({ strand }) => strand === reader.strand);
  if (!gram || !crossed) return null;
  const { size } = reader.strand;
  // Products about the means: what stays the same is left to the bias.
  const centered = gram.products.map((product, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return product - ((gram.sums[i] as number) * (gram.sums[j] as number)) / Math.max(1, gram.count);
  });
  const { weights, outputs } = rowsOf(reader);
  return { products: centered, size, channels: crossed.channels, weights, outputs };
}
