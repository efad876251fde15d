/** What a channel contributes on data. */

import { rowsOf } from '../recover/weight-rows.ts';
import type { Importance } from './importance.ts';

/**
 * Mean energy a channel brings into the layers that read it: the mean square of the channel times the squared norm of the
 * weights that read it, channel by channel what Wanda is weight by weight (Sun et al. 2023, section 3).
 */
export const activation: Importance = {
  name: 'activation',
  summary: 'mean energy that a channel brings into the layers that read it, on data',
  needsData: true,
  score(group, { products }) {
    const total = new Float64Array(group.size);
    let found = false;
    for (const reader of products?.readers.get(group) ?? []) {
      const gram = products?.of(reader);
      const channels = group.crossed.find(({ strand }) => strand === reader.strand)?.channels;
      if (!gram || !channels) continue;
      found = true;
      const { size } = reader.strand;
      const { weights, outputs } = rowsOf(reader);
      for (const [position, channel] of channels.entries()) {
        if (channel < 0) continue;
        let square = 0;
        for (let out = 0; out < outputs; out++) square += (weights[position * outputs + out] as number) ** 2;
        const energy = (gram.products[position * size + position] as number) / Math.max(1, gram.count);
        total[channel] = (total[channel] as number) + square * energy;
      }
    }
    return found ? total.map(Math.sqrt) : null;
  },
};
