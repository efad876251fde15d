import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { quantizeRows as quantizeBlocks } from '../../src/numeric/block-matmul.ts';
import type { BlockRule } from '../../src/numeric/block-rule.ts';
import { encodeTile, findCodes, findExtremes, measureTile, tile } from '../../src/numeric/block-tile.ts';
import { codeRange, type IntegerType } from '../../src/numeric/integer.ts';
import { quantize, quantizeChannels, quantizeEach, quantizeRow } from '../../src/numeric/quantize-linear.ts';
import { channelRanges, rangeOf, scanEach, scanRow } from '../../src/numeric/range.ts';
import { simd } from '../../src/numeric/simd.ts';
import { SIMD_SOURCE } from '../../src/numeric/simd-bytes.ts';
import { normal, uniform } from '../../src/random.ts';
import { firstDifference } from './arrays.ts';

const ODD = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1e-45,
  -1e-45,
  1e-38,
  -3.4e38,
  3.4e38,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
];
const TYPES: readonly IntegerType[] = ['int8', 'uint8', 'int4', 'uint4'];

/** Values at an odd offset of their buffer: plain, with adversarial ones, all of one sign, zeros and NaN only. */
function samples(length: number): Float32Array[] {
  const next = normal(length);
  const pick = uniform(length);
  const odd = () => ODD[Math.floor(pick() * ODD.length)] as number;
  const draws = [
    next,
    () => (pick() < 0.1 ? odd() : next()),
    odd,
    () => Math.max(0, next()),
    () => (pick() < 0.5 ? 0 : -0),
    () => NaN,
    () => Math.round(next() * 20) / 2,
  ];
  return draws.map((draw) => {
    const values = new Float32Array(length + 3).subarray(3);
    for (let i = 0; i < length; i++) values[i] = draw();
    return values;
  });
}

/** Ranges never carry -0; the plain loops leave it to their callers. */
const unsigned = (values: Iterable<number>) => [...values].map((value) => value + 0);

it('was compiled from the source that is here', () => {
  const source = readFileSync(new URL('../../scripts/kernels/simd.ts', import.meta.url));
  expect(SIMD_SOURCE).toBe(createHash('sha256').update(source).digest('hex'));
});

it('has SIMD here', () => expect(simd()).not.toBeNull());

describe.each([256, 257, 263, 1000, 16384, 16385, 40001])(
  'kernels equal plain loops on %i values',
  (length) => {
    it('extremes and NaN count', () => {
      for (const values of samples(length)) {
        const state = new Float64Array([Infinity, -Infinity, 0]);
        scanEach(values, 1, values.length, state);
        const { min, max, nan } = rangeOf(values, 1);
        expect(firstDifference([min, max, nan], unsigned(state))).toBeNull();
      }
    });

    it('8-bit codes', () => {
      for (const values of samples(length)) {
        for (const type of TYPES) {
          for (const scale of [1, 0.0123, 1e-40, 3e37]) {
            const { qmin, qmax } = codeRange(type);
            for (const zeroPoint of [qmin, Math.round((qmin + qmax) / 2), qmax]) {
              const params = { scale: Math.fround(scale), zeroPoint };
              const expected = new Int8Array(length);
              quantizeEach(values, 0, length, params.scale, zeroPoint, type, expected);
              const codes = quantize(values, type, params);
              expect(firstDifference(new Int8Array(codes.buffer), expected)).toBeNull();
            }
          }
        }
      }
    });
  },
);

const SHAPES = [
  [300, 1],
  [100, 3],
  [64, 17],
  [9, 768],
  [3, 16384],
  [2, 16387],
] as const;

describe.each(SHAPES)('kernels equal plain loops on %i rows of %i channels', (outer, channels) => {
  const layout = { outer, channels, inner: 1 };
  it('extremes', () => {
    for (const values of samples(outer * channels)) {
      const min = new Float32Array(channels).fill(Infinity);
      const max = new Float32Array(channels).fill(-Infinity);
      let nan = 0;
      for (let row = 0; row < outer; row++) nan += scanRow(values, row * channels, min, max);
      const ranges = channelRanges(values, layout);
      expect(ranges.nan).toBe(nan);
      expect(firstDifference(ranges.min, unsigned(min))).toBeNull();
      expect(firstDifference(ranges.max, unsigned(max))).toBeNull();
    }
  });

  it('codes', () => {
    const next = uniform(channels);
    for (const sample of samples(outer * channels)) {
      const values = sample.map((value) => (Number.isNaN(value) ? 0 : value)); // NaN has no code
      for (const type of TYPES) {
        const { qmin, qmax } = codeRange(type);
        const params = {
          scales: new Float32Array(channels).map(() => 10 ** (6 * next() - 3)),
          zeroPoints: new Int32Array(channels).map(() => qmin + Math.floor(next() * (qmax - qmin + 1))),
        };
        const expected = new Int8Array(outer * channels);
        for (let row = 0; row < outer; row++) quantizeRow(values, row * channels, params, type, expected);
        const codes = quantizeChannels(values, type, layout, params);
        expect(firstDifference(new Int8Array(codes.buffer), expected)).toBeNull();
      }
    }
  });
});

const RULES: readonly BlockRule[] = (['reciprocal', 'division'] as const).flatMap((quotient) =>
  [true, false].flatMap((roundFirst) =>
    [true, false].flatMap((symmetric) =>
      [2, 4, 8].map((bits) => ({ bits, symmetric, quotient, roundFirst, scaleType: 'float32' }) as const),
    ),
  ),
);

describe.each([16, 32, 128, 2048])('kernels equal plain loops on blocks of %i weights', (size) => {
  const blocks = Math.min(40, 16384 / size);
  it.each(RULES)('%o', (rule) => {
    for (const values of samples(blocks * size)) {
      tile.set(values.map((value) => (Number.isFinite(value) ? value : 0)));
      measureTile(blocks, size, rule);
      const codes = new Uint8Array(blocks * size);
      encodeTile(blocks, size, rule, codes, 0, size, 8);
      const expected = new Uint8Array(blocks * size);
      findCodes(blocks, size, rule, expected);
      expect(firstDifference(codes, expected)).toBeNull();
      const found = new Float32Array(2 * blocks);
      findExtremes(blocks, size, found);
      simd()?.blockExtremes(blocks, size);
      expect(firstDifference(simd()?.b.subarray(0, 2 * blocks) ?? [], unsigned(found))).toBeNull();
      const packed = new Uint8Array((blocks * size * rule.bits) / 8);
      encodeTile(blocks, size, rule, packed, 0, (size * rule.bits) / 8);
      const perByte = 8 / rule.bits;
      for (let i = 0; i < codes.length; i++) {
        const byte = packed[Math.floor(i / perByte)] as number;
        if (((byte >> (rule.bits * (i % perByte))) & ((1 << rule.bits) - 1)) !== codes[i])
          expect.fail(`code ${i}`);
      }
    }
  });
});

it('takes rows and columns of any size', () => {
  const values = samples(7 * 45)[0] as Float32Array;
  const { codes } = quantizeBlocks(values, 7, 45, { bits: 4, blockSize: 32, symmetric: true });
  expect(codes).toHaveLength(7 * 2 * 16);
});
