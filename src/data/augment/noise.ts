/** Adds normal noise to every number. */
import type { Augmentation } from './augmentation.ts';
import { isFloats } from './columns.ts';

export const noise: Augmentation = {
  name: 'noise',
  summary: 'add normal noise of this standard deviation',
  amount: { least: 0, most: Number.MAX_VALUE, whole: false, fallback: null },
  together: false,
  fits: isFloats,
  apply({ data }, { amount }, random) {
    // Box and Muller: two uniform numbers make two normal ones.
    for (let at = 0; at < data.length; at += 2) {
      const radius = amount * Math.sqrt(-2 * Math.log(1 - random()));
      const angle = 2 * Math.PI * random();
      data[at] = (data[at] as number) + radius * Math.cos(angle);
      if (at + 1 < data.length) data[at + 1] = (data[at + 1] as number) + radius * Math.sin(angle);
    }
  },
};
