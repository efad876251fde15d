/** Options of quantize: defaults, contradictions, and what targets make of 8-bit weights. */

import { describe, expect, it } from 'vitest';
import { refuseContradictions } from '../../src/quantize/contradictions.ts';
import { type QuantizeOptions, quantizeOptionsSchema } from '../../src/quantize/options.ts';
import { weightArithmetic } from '../../src/quantize/target.ts';

const parse = (options: Record<string, unknown>): QuantizeOptions => quantizeOptionsSchema.parse(options);

it('has the defaults of the command line', () => {
  expect(parse({})).toEqual({
    scheme: 'auto',
    bits: 4,
    blockSize: 32,
    symmetric: null,
    perChannel: null,
    weightType: null,
    reduceRange: false,
    rounding: 'nearest',
    roundingSamples: 128,
    int8Layers: [],
    int8Ratio: null,
    format: 'default',
    include: [],
    exclude: [],
    target: 'auto',
    check: 'full',
    correctBiases: true,
    parity: null,
    halfIo: false,
    halfRest: false,
    accuracyLevel: null,
    samples: 32,
    calibration: 'mse',
    calibrationSamples: 512,
    percentile: 99.999,
    activationType: null,
    activationSymmetric: null,
    transforms: [],
    keepFloat: 0,
    floatShare: 0,
    dims: {},
  });
});

it.for([
  { bits: 3 },
  { bits: 5 },
  { blockSize: 48 },
  { scheme: 'int5' },
  { samples: 0 },
  { accuracyLevel: 5 },
  { colour: 'red' },
])('refuses %j', (options) => {
  expect(() => parse(options)).toThrow();
});

describe('contradictions', () => {
  it.for([
    [{ scheme: 'fp16', parity: 'ort' }, /--parity ort has no counterpart for fp16/],
    [{ scheme: 'int8-dynamic', format: 'qdq' }, /--format qdq does not go with int8-dynamic/],
    [{ scheme: 'int4', format: 'cast' }, /--format cast does not go with int4/],
    [{ scheme: 'int4', rounding: 'gptq' }, /--rounding gptq looks at what the layers are given/],
    [{ scheme: 'int4', rounding: 'awq' }, /--rounding awq looks/],
    [{ scheme: 'int4', rounding: 'adaround' }, /--rounding adaround looks/],
    [{ scheme: 'int4', rounding: 'kquant', parity: 'ort' }, /--rounding kquant does not go with --parity/],
    [{ scheme: 'int8-weights', int8Ratio: 0.2 }, /--int8-ratio does not go with int8-weights/],
    [{ scheme: 'int4', int8Layers: ['*'], parity: 'ort' }, /--int8-layers does not go with --parity/],
    [{ scheme: 'fp16', rounding: 'gptq', data: 'x.npz' }, /--rounding gptq does not go with fp16/],
    [{ scheme: 'int8-weights', rounding: 'hqq' }, /--rounding hqq does not go with int8-weights/],
    [{ scheme: 'int4', rounding: 'hqq', symmetric: true }, /--symmetric has none/],
  ] as const)('%j', ([options, message]) => {
    expect(() => refuseContradictions(parse(options))).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) }),
    );
  });

  it.for([
    { scheme: 'int4', parity: 'ort' },
    { scheme: 'int4', format: 'qdq', bits: 2 },
    { scheme: 'int4', rounding: 'hqq', symmetric: false },
    { scheme: 'int4', rounding: 'hqq', format: 'qdq' },
    { scheme: 'int4', rounding: 'kquant', symmetric: true },
    { scheme: 'int4', rounding: 'gptq', data: 'x.npz', format: 'qdq', symmetric: true },
    { scheme: 'int8-weights', format: 'cast' },
  ])('none in %j', (options) => {
    expect(() => refuseContradictions(parse(options))).not.toThrow();
  });
});

describe('targets', () => {
  const at = async (options: Record<string, unknown>) => {
    const { weightType, reduceRange } = await weightArithmetic(parse(options), false, 1);
    return `${reduceRange ? '7-bit ' : ''}${weightType}`;
  };

  it.for([
    [{ target: 'portable' }, '7-bit int8'],
    [{ target: 'web' }, 'uint8'],
    [{ target: 'x64-vnni' }, 'int8'],
    [{ target: 'arm64' }, 'int8'],
    [{ target: 'portable', weightType: 'uint8' }, 'uint8'],
    [{ target: 'web', reduceRange: true }, '7-bit int8'],
    [{ target: 'web', parity: 'ort' }, 'int8'],
  ] as const)('%j gives %s weights', async ([options, expected]) => {
    expect(await at(options)).toBe(expected);
  });

  it('decides for this machine by default, with a reason where it is not the plain choice', async () => {
    const { weightType, reason } = await weightArithmetic(parse({}), false, 1);
    expect(reason !== null).toBe(weightType === 'uint8');
  });
});
