import { describe, expect, it } from 'vitest';
import { decodeBfloat16, encodeBfloat16 } from '../../src/numeric/bfloat16.ts';
import { decodeHalf, encodeHalf, floatToHalf, halfToFloat, roundToHalf } from '../../src/numeric/half.ts';
import { decodeSmallFloat, smallFloatTable } from '../../src/numeric/small-float.ts';
import { uniform } from '../../src/random.ts';
import { firstDifference } from './arrays.ts';

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** Random float32 patterns of every exponent, signs, infinities and NaN among them. */
function anyFloats(length: number, seed: number): Float32Array {
  const next = uniform(seed);
  const patterns = Uint32Array.from({ length }, () => next() * 4294967296);
  return new Float32Array(patterns.buffer);
}

describe('float16', () => {
  const decoded = new Float32Array(65536);
  decodeHalf(ALL, decoded);

  it('survives a round trip for all 65,536 patterns', () => {
    const back = new Uint16Array(65536);
    encodeHalf(decoded, back);
    expect(firstDifference(back, ALL)).toBeNull();
  });

  it('decodes like the scalar function', () => {
    expect(firstDifference(decoded, Float32Array.from(ALL, halfToFloat))).toBeNull();
  });

  it('encodes like the scalar function, which rounds to the nearest with ties to even', () => {
    const values = anyFloats(200_000, 1).filter((v) => !Number.isNaN(v));
    const halves = new Uint16Array(values.length);
    encodeHalf(values, halves);
    expect(firstDifference(halves, Uint16Array.from(values, floatToHalf))).toBeNull();
  });

  it('picks the nearer neighbour, and the even one half way', () => {
    const halves = ALL.subarray(0, 0x7bff);
    const middles = Float64Array.from(
      halves,
      (h) => ((decoded[h] as number) + (decoded[h + 1] as number)) / 2,
    );
    const half = (nudge: number) => middles.map((middle) => floatToHalf(middle * nudge));
    expect(
      firstDifference(
        half(1),
        halves.map((h) => h + (h & 1)),
      ),
    ).toBeNull();
    expect(firstDifference(half(1 - 2 ** -40), halves)).toBeNull();
    expect(
      firstDifference(
        half(-1 - 2 ** -40),
        halves.map((h) => 0x8000 | (h + 1)),
      ),
    ).toBeNull();
  });

  it('overflows to infinity, or saturates on request, and counts', () => {
    const values = Float32Array.of(65504, 65519, 65520, 1e9, -1e9, Infinity, -Infinity, NaN);
    const halves = new Uint16Array(8);
    expect(encodeHalf(values, halves)).toEqual({ overflowed: 3, underflowed: 0 });
    expect([...halves]).toEqual([0x7bff, 0x7bff, 0x7c00, 0x7c00, 0xfc00, 0x7c00, 0xfc00, 0x7e00]);
    encodeHalf(values, halves, { saturate: true });
    expect([...halves]).toEqual([0x7bff, 0x7bff, 0x7bff, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00]);
  });

  it('underflows to zero, or keeps the smallest on request, and counts', () => {
    const values = Float32Array.of(1e-9, -1e-9, 2 ** -25, 2 ** -24, 0, -0);
    const halves = new Uint16Array(6);
    expect(encodeHalf(values, halves)).toEqual({ overflowed: 0, underflowed: 3 });
    expect([...halves]).toEqual([0, 0x8000, 0, 1, 0, 0x8000]);
    encodeHalf(values, halves, { keepNonZero: true });
    expect([...halves]).toEqual([1, 0x8001, 1, 1, 0, 0x8000]);
  });

  it('rounds doubles once, not by way of float32', () => {
    const justAboveTie = 1 + 2 ** -11 + 2 ** -40; // float32 would drop the last bit and fall to the even neighbour
    expect(roundToHalf(justAboveTie)).toBe(1 + 2 ** -10);
    expect(roundToHalf(1 + 2 ** -11)).toBe(1);
  });
});

describe('bfloat16', () => {
  it('survives a round trip for all 65,536 patterns', () => {
    const floats = new Float32Array(65536);
    const back = new Uint16Array(65536);
    decodeBfloat16(ALL, floats);
    encodeBfloat16(floats, back);
    expect(firstDifference(back, ALL)).toBeNull();
  });

  it('rounds to the nearest, ties to even, and never turns NaN into infinity', () => {
    const patterns = Uint32Array.of(
      0x3f808000,
      0x3f818000,
      0x3f808001,
      0x3f807fff,
      0x7f7fffff,
      0x7f800001,
      0xffffffff,
    );
    const target = new Uint16Array(patterns.length);
    encodeBfloat16(new Float32Array(patterns.buffer), target);
    expect([...target]).toEqual([0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x7f80, 0x7fc0, 0xffff]);
  });
});

describe('small floats', () => {
  // [format, largest finite, smallest positive, NaN patterns, infinities]: the ONNX float8/float4 specification
  it.each([
    ['float8e4m3fn', 448, 2 ** -9, 2, 0],
    ['float8e4m3fnuz', 240, 2 ** -10, 1, 0],
    ['float8e5m2', 57344, 2 ** -16, 6, 2],
    ['float8e5m2fnuz', 57344, 2 ** -17, 1, 0],
    ['float8e8m0', 2 ** 127, 2 ** -127, 1, 0],
    ['float4e2m1', 6, 0.5, 0, 0],
  ] as const)(
    '%s has the specified extremes and special values',
    (format, largest, smallest, nan, infinite) => {
      const table = [...smallFloatTable(format)];
      const finite = table.filter(Number.isFinite);
      expect(Math.max(...finite)).toBe(largest);
      expect(Math.min(...finite.filter((v) => v > 0))).toBe(smallest);
      expect(table.filter(Number.isNaN)).toHaveLength(nan);
      expect(table.filter((v) => Math.abs(v) === Infinity)).toHaveLength(infinite);
    },
  );

  it('reads one byte per element, or two nibbles low first', () => {
    const eight = new Float32Array(3);
    decodeSmallFloat(Uint8Array.of(0x38, 0xb8, 0x01), 'float8e4m3fn', eight);
    expect([...eight]).toEqual([1, -1, 2 ** -9]);
    const four = new Float32Array(3);
    decodeSmallFloat(Uint8Array.of(0x72, 0x0f), 'float4e2m1', four);
    expect([...four]).toEqual([1, 6, -6]);
  });
});
