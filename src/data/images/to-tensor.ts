/** Pixels to a float tensor: channels in order, scaled, normalized. */
import type { HostTensor } from '../host-tensor.ts';
import type { ImageOptions } from './options.ts';
import type { Pixels } from './pixels.ts';

/** Of an image that is gray already where gray is wanted: float32 `[C, H, W]` or `[H, W, C]`: (pixel * scale - mean) / std. */
export function imageTensor(image: Pixels, options: ImageOptions): HostTensor {
  const { width, height } = image;
  const planes = orderedPlanes(image, options.channels);
  const area = width * height;
  const count = planes.length;
  const data = new Float32Array(area * count);
  const interleaved = options.layout === 'nhwc';
  for (const [channel, plane] of planes.entries()) {
    const table = lookUp(options, channel);
    const [start, step] = interleaved ? [channel, count] : [channel * area, 1];
    for (let at = 0, to = start; at < area; at++, to += step)
      data[to] = table[plane.data[plane.start + at * plane.step] as number] as number;
  }
  const dims = interleaved ? [height, width, count] : [count, height, width];
  return { dtype: 'float32', dims, data };
}

interface Plane {
  readonly data: Uint8Array;
  readonly start: number;
  readonly step: number;
}

function orderedPlanes(image: Pixels, channels: ImageOptions['channels']): Plane[] {
  const { data, channels: step } = image;
  const order =
    channels === 'gray' ? [0] : step === 1 ? [0, 0, 0] : channels === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  return order.map((start) => ({ data, start, step }));
}

/** The result for each of the 256 values a pixel may have. */
function lookUp({ scale, mean, std }: ImageOptions, channel: number): Float32Array {
  const [m, s] = [mean[channel] ?? (mean[0] as number), std[channel] ?? (std[0] as number)];
  return Float32Array.from({ length: 256 }, (_, pixel) => (pixel * scale - m) / s);
}
