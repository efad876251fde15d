/** Blanks a square of each picture. DeVries and Taylor, Improved Regularization of CNNs with Cutout (2017), section 3. */
import type { Augmentation } from './augmentation.ts';
import { isPictures } from './columns.ts';
import { pictureOf } from './picture.ts';

export const cutout: Augmentation = {
  name: 'cutout',
  summary: 'blank a square with sides of so many pixels',
  amount: { least: 1, most: 1 << 12, whole: true, fallback: null },
  together: true,
  fits: isPictures,
  apply(row, setting, random) {
    const { channels, height, width, strides } = pictureOf(row, setting);
    const [channel, line, pixel] = strides;
    // The middle may lie at the rim: the square is then cut off there, as in the paper.
    const top = Math.floor(random() * height) - Math.floor(setting.amount / 2);
    const left = Math.floor(random() * width) - Math.floor(setting.amount / 2);
    const { data } = row;
    for (let c = 0; c < channels; c++)
      for (let y = Math.max(0, top); y < Math.min(height, top + setting.amount); y++)
        for (let x = Math.max(0, left); x < Math.min(width, left + setting.amount); x++)
          data[c * channel + y * line + x * pixel] = 0;
  },
};
