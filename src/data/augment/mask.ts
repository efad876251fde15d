/** Hides a share of the tokens behind one that means nothing. Devlin et al., BERT (2019), section 3.1, without random words. */
import type { Augmentation } from './augmentation.ts';
import { isTokens } from './columns.ts';

export const mask: Augmentation = {
  name: 'mask',
  summary: 'replace a share of the tokens by maskId',
  amount: { least: 0, most: 1, whole: false, fallback: null },
  together: false,
  masks: true,
  fits: isTokens,
  apply({ data, attended }, { amount, maskId }, random) {
    const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
    for (let at = 0; at < data.length; at++) {
      const hide = random() < amount;
      if (!hide || (attended && Number(attended[at]) === 0)) continue;
      if (wide) data[at] = BigInt(maskId);
      else data[at] = maskId;
    }
  },
};
