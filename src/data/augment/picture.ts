/** Where the pixels of a picture lie, whatever its layout. */
import type { RowView, Setting } from './augmentation.ts';

export interface Picture {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Distances in elements from one channel, row and pixel to the next. */
  readonly strides: readonly [channel: number, row: number, pixel: number];
}

export function pictureOf({ dims }: RowView, { layout }: Setting): Picture {
  const [a = 1, b = 1, c = 1] = dims;
  return layout === 'nchw'
    ? { channels: a, height: b, width: c, strides: [b * c, c, 1] }
    : { channels: c, height: a, width: b, strides: [1, b * c, c] };
}
