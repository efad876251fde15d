/** Resizing: number for number what Pillow gives, and flat pictures stay flat. */
import { describe, expect, it } from 'vitest';
import type { Pixels } from '../../../src/data/images/pixels.ts';
import { INTERPOLATIONS, type Interpolation, resample } from '../../../src/data/images/resample.ts';

function picture(
  width: number,
  height: number,
  at: (x: number, y: number, channel: number) => number,
): Pixels {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => at(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3) % 256,
  );
  return { width, height, channels: 3, data };
}

const stripes = picture(9, 7, (x, y, channel) => x * 37 + y * 59 + channel * 83);

function channelOf({ data }: Pixels, channel: number): number[] {
  return Array.from(data).filter((_, i) => i % 3 === channel);
}

// Image.fromarray(stripes).resize((4, 3), filter), channel 0, and .resize((3, 11), filter), channel 2 of Pillow 12.3.
const PILLOW: Readonly<Record<Interpolation, readonly [readonly number[], readonly number[]]>> = {
  bilinear: [
    [82, 143, 144, 78, 155, 123, 117, 149, 99, 151, 131, 91],
    [
      180, 86, 160, 134, 100, 158, 79, 122, 152, 75, 160, 128, 95, 167, 105, 133, 150, 81, 150, 97, 119, 159,
      74, 156, 155, 94, 194, 100, 129, 144, 54, 156, 98,
    ],
  ],
  bicubic: [
    [75, 149, 147, 72, 163, 119, 112, 158, 93, 157, 134, 86],
    [
      192, 77, 164, 142, 92, 161, 75, 122, 152, 62, 171, 131, 88, 180, 101, 137, 149, 77, 160, 86, 115, 167,
      59, 165, 157, 86, 207, 90, 134, 148, 40, 167, 94,
    ],
  ],
  lanczos: [
    [73, 157, 142, 69, 168, 116, 109, 162, 86, 158, 140, 81],
    [
      196, 75, 163, 145, 85, 164, 66, 125, 156, 48, 176, 137, 88, 190, 96, 142, 148, 72, 164, 82, 105, 171,
      48, 177, 160, 76, 216, 83, 139, 151, 31, 175, 89,
    ],
  ],
  box: [
    [49, 141, 170, 52, 153, 117, 125, 156, 88, 180, 81, 91],
    [
      203, 58, 169, 203, 58, 169, 91, 117, 143, 65, 176, 116, 65, 176, 116, 124, 150, 90, 183, 38, 149, 183,
      38, 149, 157, 97, 208, 45, 156, 96, 45, 156, 96,
    ],
  ],
  nearest: [
    [96, 170, 244, 62, 214, 32, 106, 180, 76, 150, 224, 42],
    [
      203, 58, 169, 203, 58, 169, 6, 117, 228, 65, 176, 31, 65, 176, 31, 124, 235, 90, 183, 38, 149, 183, 38,
      149, 242, 97, 208, 45, 156, 11, 45, 156, 11,
    ],
  ],
};

describe.each(INTERPOLATIONS)('%s', (kind) => {
  it('gives the numbers of Pillow, smaller and larger', () => {
    expect(channelOf(resample(stripes, 4, 3, kind), 0)).toEqual(PILLOW[kind][0]);
    expect(channelOf(resample(stripes, 3, 11, kind), 2)).toEqual(PILLOW[kind][1]);
  });

  it('leaves an image of the same size alone, and a flat one flat', () => {
    expect(resample(stripes, 9, 7, kind).data).toEqual(stripes.data);
    const flat = picture(13, 11, (_x, _y, channel) => 40 + channel * 107);
    const other = resample(flat, 29, 4, kind);
    expect(
      [40, 147, 254].map((value, channel) => channelOf(other, channel).every((v) => v === value)),
    ).toEqual([true, true, true]);
  });

  it.each([
    [14, 5],
    [4, 7],
    [9, 12],
    [9, 7],
  ])('gives a part of %i x %i what the whole has there', (width, height) => {
    const part = { left: 1, top: 2, width: 3, height: 2 };
    const whole = resample(stripes, width, height, kind);
    const rows = [2, 3].map((y) => [...whole.data.subarray((y * width + 1) * 3, (y * width + 4) * 3)]);
    expect([...resample(stripes, width, height, kind, part).data]).toEqual(rows.flat());
  });

  it('does the same to one channel as to three', () => {
    const gray: Pixels = { width: 9, height: 7, channels: 1, data: Uint8Array.from(channelOf(stripes, 1)) };
    expect(Array.from(resample(gray, 5, 10, kind).data)).toEqual(
      channelOf(resample(stripes, 5, 10, kind), 1),
    );
  });
});
