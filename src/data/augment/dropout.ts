/** Drops a share of the numbers, or of the tokens: these are no longer attended to. */
import type { Augmentation } from './augmentation.ts';
import { isAttention, isFloats } from './columns.ts';

export const dropout: Augmentation = {
  name: 'dropout',
  summary: 'set a share of the numbers, or of the attention mask, to 0',
  amount: { least: 0, most: 1, whole: false, fallback: null },
  together: false,
  fits: (column) => isFloats(column) || isAttention(column),
  apply({ data }, { amount }, random) {
    const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
    // The first token of a text stays, so that something is left to look at.
    const first = data instanceof Float32Array || data instanceof Float64Array ? 0 : 1;
    for (let at = 0; at < data.length; at++) {
      if (random() >= amount || at < first) continue;
      if (wide) data[at] = 0n;
      else data[at] = 0;
    }
  },
};
