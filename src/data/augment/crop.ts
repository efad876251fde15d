/** Shifts pictures by up to so many pixels each way; what moves in is 0 (a crop of the picture with a rim). */
import type { Augmentation } from './augmentation.ts';
import { isPictures } from './columns.ts';
import { pictureOf } from './picture.ts';

export const crop: Augmentation = {
  name: 'crop',
  summary: 'shift pictures by up to so many pixels',
  amount: { least: 0, most: 1 << 12, whole: true, fallback: null },
  together: true,
  fits: isPictures,
  apply(row, setting, random) {
    const span = 2 * setting.amount + 1;
    const down = Math.floor(random() * span) - setting.amount;
    const right = Math.floor(random() * span) - setting.amount;
    if (down === 0 && right === 0) return;
    const { channels, height, width, strides } = pictureOf(row, setting);
    const [channel, line, pixel] = strides;
    const stored = row.data.slice();
    const { data } = row;
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const [fromY, fromX] = [y - down, x - right];
          const inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
          const from = c * channel + fromY * line + fromX * pixel;
          data[c * channel + y * line + x * pixel] = inside ? (stored[from] as number) : 0;
        }
  },
};
