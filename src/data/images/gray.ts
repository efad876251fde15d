/** An image in gray, made before anything is resized. */
import type { Pixels } from './pixels.ts';

/** Luma of ITU-R 601-2 in fixed point, with Pillow's weights. */
export function grayPixels({ width, height, channels, data }: Pixels): Pixels {
  if (channels === 1) return { width, height, channels, data };
  const result = new Uint8Array(width * height);
  for (let at = 0, from = 0; at < result.length; at++, from += 3) {
    const [red, green, blue] = [data[from] as number, data[from + 1] as number, data[from + 2] as number];
    result[at] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: result };
}
