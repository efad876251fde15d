/** Brings an image to its size: scaled, cut out of the middle, or with a rim around it. */
import { grayPixels } from './gray.ts';
import type { ImageOptions, Size } from './options.ts';
import type { Pixels } from './pixels.ts';
import { resample } from './resample.ts';

/** The image as the options want it; in its own size where they do not say. */
export function arrangePixels(stored: Pixels, options: ImageOptions): Pixels {
  const { size, crop, fit } = options;
  const image = options.channels === 'gray' ? grayPixels(stored) : stored;
  const scaled = scaledSize(image, options);
  const { width, height } = scaled;
  if (!size || (!crop && fit !== 'contain')) return resample(image, width, height, options.interpolation);
  const part = {
    left: skipped(width, size.width),
    top: skipped(height, size.height),
    width: Math.min(width, size.width),
    height: Math.min(height, size.height),
  };
  return framed(resample(image, width, height, options.interpolation, part), size);
}

function scaledSize(image: Pixels, { size, resize, fit }: ImageOptions): Size {
  if (typeof resize === 'number') return shorterSide(image, resize);
  if (resize) return resize;
  if (!size || fit === 'fill') return size ?? image;
  const ratios = [size.height / image.height, size.width / image.width] as const;
  const ratio = fit === 'cover' ? Math.max(...ratios) : Math.min(...ratios);
  // The side that decides has its size exactly; the other one is rounded down, as torchvision's Resize does.
  const other = (side: number): number => Math.max(1, Math.trunc(side * ratio + 1e-9));
  return ratio === ratios[0]
    ? { height: size.height, width: other(image.width) }
    : { height: other(image.height), width: size.width };
}

/** As torchvision's Resize: the shorter side exactly, the longer one rounded down. */
function shorterSide({ width, height }: Size, side: number): Size {
  return width <= height
    ? { width: side, height: Math.trunc((side * height) / width) }
    : { width: Math.trunc((side * width) / height), height: side };
}

/** Python's round: half to even. */
function halfToEven(value: number): number {
  const low = Math.floor(value);
  const odd = low % 2 !== 0;
  return value - low === 0.5 ? (odd ? low + 1 : low) : Math.round(value);
}

/** How much of a side lies before a window around its middle (torchvision's CenterCrop). */
function skipped(side: number, window: number): number {
  return side < window ? 0 : halfToEven((side - window) / 2);
}

/** With a black rim where it is smaller than wanted. */
function framed(image: Pixels, size: Size): Pixels {
  if (image.width === size.width && image.height === size.height) return image;
  const { channels } = image;
  const data = new Uint8Array(size.width * size.height * channels);
  const top = Math.trunc((size.height - image.height) / 2);
  const left = Math.trunc((size.width - image.width) / 2);
  const stride = image.width * channels;
  for (let y = 0; y < image.height; y++)
    data.set(image.data.subarray(y * stride, (y + 1) * stride), ((y + top) * size.width + left) * channels);
  return { width: size.width, height: size.height, channels, data };
}
