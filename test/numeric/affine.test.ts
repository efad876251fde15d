import { describe, expect, it } from 'vitest';
import { channelScaleZeroPoint, scaleZeroPoint } from '../../src/numeric/affine.ts';
import { dequantize, dequantizeChannels } from '../../src/numeric/dequantize-linear.ts';
import { roundToHalf } from '../../src/numeric/half.ts';
import { codeRange, type IntegerType } from '../../src/numeric/integer.ts';
import { quantize, quantizeChannels } from '../../src/numeric/quantize-linear.ts';
import { channelLayout, channelRanges, rangeOf } from '../../src/numeric/range.ts';
import { normal, uniform } from '../../src/random.ts';
import { ORACLE, ORACLE_VALUES } from './affine-oracle.ts';
import { firstDifference } from './arrays.ts';

const TYPES: readonly IntegerType[] = ['int4', 'uint4', 'int8', 'uint8', 'int16', 'uint16'];
const CHOICES = TYPES.flatMap((type) =>
  [true, false].flatMap((symmetric) =>
    [true, false].map((reduceRange) => ({ type, symmetric, reduceRange }) as const),
  ),
);

function gaussian(length: number, seed: number, spread = 1, shift = 0): Float32Array {
  const next = normal(seed);
  return Float32Array.from({ length }, () => next() * spread + shift);
}

describe('scale and zero point', () => {
  it.each(ORACLE)('values %i as %s, symmetric %s, reduced %s, %s', (...row) => {
    const [index, type, symmetric, reduceRange, dtype, scale, zeroPoint, codes] = row;
    const cast = dtype === 'float16' ? roundToHalf : Math.fround;
    const values = Float32Array.from(ORACLE_VALUES[index] ?? [], cast);
    const { min, max } = rangeOf(values);
    const params = scaleZeroPoint(min, max, { type, symmetric, reduceRange, dtype });
    expect(params).toEqual({ scale, zeroPoint });
    expect([...quantize(values, type, params)]).toEqual(codes);
  });

  it('takes an empty range for [0, 0]', () => {
    const { min, max } = rangeOf(new Float32Array(0));
    expect(scaleZeroPoint(min, max, { type: 'uint8' })).toEqual({ scale: 1, zeroPoint: 0 });
  });

  it('has a finite scale for a float16 range wider than float16 can count', () => {
    const { scale } = scaleZeroPoint(-50000, 60000, { type: 'uint8', dtype: 'float16' });
    expect(scale).toBe(roundToHalf(110000 / 255)); // onnxruntime: infinity, and every code 0
  });

  it('widens a narrow range before making it symmetric', () => {
    const { scale } = scaleZeroPoint(-1, 1, { type: 'int8', symmetric: true, minRealRange: 4 });
    expect(scale).toBe(Math.fround(6 / 254)); // [-1, 3] becomes [-3, 3]
  });
});

describe.each(CHOICES)('quantize to $type, symmetric $symmetric, reduced $reduceRange', (spec) => {
  const { type } = spec;
  const { qmin, qmax } = codeRange(type);

  it('brings back every value of the range within half a step', () => {
    for (const [seed, shift] of [0, 5, -5, 0.3].entries()) {
      const values = gaussian(5000, seed, 1, shift);
      const { min, max } = rangeOf(values);
      const params = scaleZeroPoint(min, max, spec);
      const back = dequantize(quantize(values, type, params), params);
      // The range's ends may stick out by the rounding of the zero point: half a step more.
      const inside = (v: number) =>
        v >= (qmin - params.zeroPoint) * params.scale && v <= (qmax - params.zeroPoint) * params.scale;
      // float32 division and product: a few units in the last place of the value
      const worst = values.reduce((w, v, i) => {
        const slack = inside(v) ? params.scale / 2 : params.scale;
        return Math.max(w, Math.abs(v - (back[i] as number)) - slack - 4 * 2 ** -24 * Math.abs(v));
      }, -Infinity);
      expect(worst).toBeLessThanOrEqual(0);
    }
  });

  it('is monotone and represents zero exactly', () => {
    const values = gaussian(3000, 11, 3, 1).sort();
    const { min, max } = rangeOf(values);
    const params = scaleZeroPoint(min, max, spec);
    const codes = quantize(values, type, params);
    expect(firstDifference(codes, codes.slice().sort())).toBeNull();
    const zero = quantize(Float32Array.of(0), type, params);
    expect(zero[0]).toBe(params.zeroPoint);
    expect(dequantize(zero, params)[0]).toBe(0);
  });

  it('saturates at the ends of the full range', () => {
    const params = { scale: 0.5, zeroPoint: 3 };
    const values = Float32Array.of(Infinity, -Infinity, 3e38, -3e38, 1e6, -1e6);
    expect([...quantize(values, type, params)]).toEqual([qmax, qmin, qmax, qmin, qmax, qmin]);
  });

  it('per channel equals each channel alone, whichever axis', () => {
    for (const [dims, axis] of [
      [[5, 37], 1],
      [[2, 4100], 0],
      [[3, 7, 9], 1],
      [[2, 2050], 1],
      [[4, 3, 1, 1], -3],
    ] as const) {
      const layout = channelLayout(dims, axis);
      const { outer, channels, inner } = layout;
      const values = gaussian(outer * channels * inner, axis + 20);
      for (let i = 0; i < values.length; i++)
        values[i] = (values[i] as number) * (1 + ((i / inner) % channels));
      const ranges = channelRanges(values, layout);
      const params = channelScaleZeroPoint(ranges, spec);
      const codes = quantizeChannels(values, type, layout, params);
      const back = dequantizeChannels(codes, layout, params);
      for (let c = 0; c < channels; c += channels > 100 ? 41 : 1) {
        const of = <T extends { readonly [i: number]: number }>(array: T) =>
          Float32Array.from({ length: outer * inner }, (_, i) => {
            return array[(Math.floor(i / inner) * channels + c) * inner + (i % inner)] as number;
          });
        const alone = of(values);
        const range = rangeOf(alone);
        expect([ranges.min[c], ranges.max[c]]).toEqual([range.min, range.max]);
        const one = scaleZeroPoint(range.min, range.max, spec);
        expect({ scale: params.scales[c], zeroPoint: params.zeroPoints[c] }).toEqual(one);
        const expected = quantize(alone, type, one);
        expect(firstDifference(of(codes), expected)).toBeNull();
        expect(firstDifference(of(back), dequantize(expected, one))).toBeNull();
      }
    }
  });
});

describe('range', () => {
  it('ignores NaN, counts it, keeps infinities, for every length', () => {
    const next = uniform(3);
    for (let length = 0; length < 40; length++) {
      const values = Float32Array.from({ length }, () =>
        next() < 0.2 ? NaN : next() < 0.05 ? Infinity : next() - 0.5,
      );
      const seen = [...values].filter((v) => !Number.isNaN(v));
      expect(rangeOf(values)).toEqual({
        min: Math.min(...seen),
        max: Math.max(...seen),
        nan: length - seen.length,
      });
    }
  });

  it('counts NaN of every channel layout', () => {
    const values = Float32Array.of(1, NaN, 3, NaN, NaN, 6);
    for (const axis of [0, 1]) expect(channelRanges(values, channelLayout([2, 3], axis)).nan).toBe(3);
    expect([...channelRanges(values, channelLayout([2, 3], 1)).max]).toEqual([1, -Infinity, 6]);
  });
});
