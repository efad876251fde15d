/** Mirrors pictures left to right, half of them by default. */
import type { Augmentation } from './augmentation.ts';
import { isPictures } from './columns.ts';
import { pictureOf } from './picture.ts';

export const flip: Augmentation = {
  name: 'flip',
  summary: 'mirror a share of the pictures',
  amount: { least: 0, most: 1, whole: false, fallback: 0.5 },
  together: true,
  fits: isPictures,
  apply(row, setting, random) {
    if (random() >= setting.amount) return;
    const { channels, height, width, strides } = pictureOf(row, setting);
    const [channel, line, pixel] = strides;
    const { data } = row;
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++) {
        let left = c * channel + y * line;
        let right = left + (width - 1) * pixel;
        for (; left < right; left += pixel, right -= pixel) {
          const held = data[left] as number;
          data[left] = data[right] as number;
          data[right] = held;
        }
      }
  },
};
