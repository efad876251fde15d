/** How images become tensors: the options of a spec, parsed. */
import { LlmcError } from '../../errors.ts';
import type { DataSpec } from '../spec.ts';
import { INTERPOLATIONS, type Interpolation } from './resample.ts';

/** Images are made in this order; of other kinds it is said for augmentations. */
export const LAYOUT_MEANING = 'where pictures have their channels, nchw (default) or nhwc';

export const IMAGE_KEYS = {
  size: 'of every picture: 224, or height x width as in 224x320',
  resize: 'before the crop: 256 for the shorter side, or height x width',
  crop: 'center (default) cuts size out of the middle, none leaves out nothing',
  fit: 'without resize: cover fills size (default), contain leaves a rim, fill stretches',
  mean: 'per channel, taken away after scaling',
  std: 'per channel, divided by after that',
  scale: 'factor for pixels, default 1/255',
  layout: LAYOUT_MEANING,
  channels: 'rgb (default), bgr or gray',
  interpolation: 'bilinear (default), bicubic, lanczos, box or nearest',
};

export interface Size {
  readonly height: number;
  readonly width: number;
}

const FITS = ['contain', 'cover', 'fill'] as const;
const LAYOUTS = ['nchw', 'nhwc'] as const;
const CHANNELS = ['bgr', 'gray', 'rgb'] as const;

export interface ImageOptions {
  readonly size: Size | null;
  /** A number is the shorter side. */
  readonly resize: number | Size | null;
  readonly crop: boolean;
  readonly fit: (typeof FITS)[number];
  readonly layout: (typeof LAYOUTS)[number];
  readonly channels: (typeof CHANNELS)[number];
  readonly interpolation: Interpolation;
  readonly scale: number;
  /** One for all channels or one each. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** LlmcError DATA for values that make no sense. */
export function imageOptions(spec: DataSpec): ImageOptions {
  const channels = choice(spec, 'channels', CHANNELS, 'rgb');
  const depth = channels === 'gray' ? 1 : 3;
  const size = sizeOption(spec, 'size');
  const resize = sizeOption(spec, 'resize');
  const crop = choice(spec, 'crop', ['center', 'none'] as const, 'center') === 'center';
  const std = numbers(spec, 'std', depth, 1);
  if (std.includes(0)) throw wrong(spec, 'std', 'cannot be divided by', 'leave it out');
  return {
    size: typeof size === 'number' ? { height: size, width: size } : size,
    resize,
    crop,
    fit: choice(spec, 'fit', FITS, crop ? 'cover' : 'fill'),
    layout: choice(spec, 'layout', LAYOUTS, 'nchw'),
    channels,
    interpolation: choice(spec, 'interpolation', INTERPOLATIONS, 'bilinear'),
    scale: numbers(spec, 'scale', 1, 1 / 255)[0] as number,
    mean: numbers(spec, 'mean', depth, 0),
    std,
  };
}

function wrong(spec: DataSpec, key: string, why: string, hint: string): LlmcError {
  return new LlmcError('DATA', `option ${key}=${spec.options.get(key)} in "${spec.text}" ${why}`, { hint });
}

function choice<T extends string>(spec: DataSpec, key: string, known: readonly T[], fallback: T): T {
  const text = spec.options.get(key);
  if (text === undefined) return fallback;
  const found = known.find((name) => name === text);
  if (found === undefined) throw wrong(spec, key, 'is not known', `there are ${known.join(', ')}`);
  return found;
}

/** More would be a slip of the pen. */
const LARGEST = 1 << 14;

function sizeOption(spec: DataSpec, key: string): number | Size | null {
  const text = spec.options.get(key);
  if (text === undefined) return null;
  const [, height = '', width] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
  const sides = [Number(height), Number(width ?? height)] as const;
  if (sides.some((side) => !(side >= 1 && side <= LARGEST)))
    throw wrong(spec, key, 'is no size', `for example ${key}=224, or ${key}=224x320 for height and width`);
  return width === undefined ? sides[0] : { height: sides[0], width: sides[1] };
}

/** Numbers or fractions with commas in between: one, or as many as there are channels. */
function numbers(spec: DataSpec, key: string, count: number, fallback: number): readonly number[] {
  const text = spec.options.get(key);
  if (text === undefined) return [fallback];
  const found = text.split(',').map((part) => {
    const [above = '', below = '1', ...more] = part.split('/');
    const known = more.length === 0 && above.trim() !== '' && below.trim() !== '';
    return known ? Number(above) / Number(below) : Number.NaN;
  });
  if (!found.every(Number.isFinite))
    throw wrong(spec, key, 'holds what is no number', `for example ${key}=0.5`);
  if (found.length !== 1 && found.length !== count)
    throw wrong(
      spec,
      key,
      `has ${found.length} numbers for ${count} channels`,
      'give one for each, or one for all',
    );
  return found;
}
