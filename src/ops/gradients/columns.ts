/** Derivatives of what puts windows and their winners back into images. */
import type { Derivative } from '../gradient.ts';
import { windowOf, windows } from './window.ts';

/** Columns added into an image, where windows overlap several at a place: each gets what its window sees there. */
export const columnsToImage: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f } = g;
    const [image, kernel] = [g.constants(1), g.constants(2)];
    const [rows = 1, whole = 1, places = 1] = g.shape(g.input(0));
    const stated = windowOf(g, kernel, image, []);
    const output = kernel.map((size, at) => {
      const room = (image[at] ?? 1) + (stated.before[at] ?? 0) + (stated.after[at] ?? 0);
      const reach = (size - 1) * (stated.dilations[at] ?? 1) + 1;
      return Math.floor((room - reach) / (stated.strides[at] ?? 1)) + 1;
    });
    const seen = windows(g, dy, { ...stated, output });
    const channels = whole / seen.length;
    const apart = seen.map((one) => f.reshape(one, [rows, channels, 1, places]));
    return [f.reshape(f.concat(apart, 2), [rows, whole, places])];
  },
};

/** Values that were put to the places they were the largest of are found there again. */
export const maxUnpool: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f } = g;
    const [flat, places] = [f.reshape(dy, [-1]), f.reshape(g.input(1), [-1])];
    return [f.reshape(f.op('GatherElements', [flat, places]), g.shape(g.input(0)))];
  },
};
