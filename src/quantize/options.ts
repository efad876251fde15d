/** The options of quantize: parsed once, defaults filled. The command line, which has parsed them, does without. */
import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';

export const SCHEME_NAMES = ['int8', 'int8-dynamic', 'int8-weights', 'int4', 'fp16', 'bf16', 'auto'] as const;
export type SchemeName = (typeof SCHEME_NAMES)[number];

export const ROUNDING_NAMES = ['nearest', 'hqq', 'kquant', 'gptq', 'awq', 'adaround'] as const;

export const quantizeOptionsSchema = z.strictObject({
  scheme: z.enum(SCHEME_NAMES).default(DEFAULTS.scheme),
  bits: z.union([z.literal(2), z.literal(4), z.literal(8)]).default(DEFAULTS.bits),
  blockSize: z
    .union([z.literal(16), z.literal(32), z.literal(64), z.literal(128), z.literal(256)])
    .default(DEFAULTS.blockSize),
  symmetric: z.boolean().nullable().default(DEFAULTS.symmetric),
  perChannel: z.boolean().nullable().default(DEFAULTS.perChannel),
  /** null: by target. */
  weightType: z.enum(['int8', 'uint8']).nullable().default(DEFAULTS.weightType),
  reduceRange: z.boolean().default(DEFAULTS.reduceRange),
  rounding: z.enum(ROUNDING_NAMES).default(DEFAULTS.rounding),
  /** int4: rows of the data that rounding looks at. */
  roundingSamples: z.int().positive().default(DEFAULTS.roundingSamples),
  /** int4: globs of layers that get 8 bits. */
  int8Layers: z.array(z.string()).default([]),
  /** int4: share of the weights that get 8 bits, those that fewer cost most; null: small matrices before an output. */
  int8Ratio: z.number().min(0).max(1).nullable().default(DEFAULTS.int8Ratio),
  format: z.enum(['default', 'qdq', 'qoperator', 'cast']).default(DEFAULTS.format),
  include: z.array(z.string()).default([]),
  exclude: z.array(z.string()).default([]),
  target: z
    .enum(['auto', 'portable', 'x64-vnni', 'x64-avx2', 'arm64', 'web', 'tensorrt'])
    .default(DEFAULTS.target),
  check: z.enum(['full', 'load', 'none']).default(DEFAULTS.check),
  parity: z.enum(['ort']).nullable().default(DEFAULTS.parity),
  halfIo: z.boolean().default(DEFAULTS.halfIo),
  /** int4 weights in a half-precision graph, as transformers.js's q4f16. */
  halfRest: z.boolean().default(DEFAULTS.halfRest),
  accuracyLevel: z.int().min(0).max(4).nullable().default(DEFAULTS.accuracyLevel),
  data: z.string().optional(),
  samples: z.int().positive().default(DEFAULTS.samples),
  /** int8: how ranges of activations are found on the data. */
  calibration: z
    .enum(['minmax', 'moving-average', 'percentile', 'entropy', 'mse', 'auto'])
    .default(DEFAULTS.calibration),
  /** int8: rows of the data that ranges are found on. */
  calibrationSamples: z.int().positive().default(DEFAULTS.calibrationSamples),
  /** int8: share of values, in percent, inside the range of `percentile`. */
  percentile: z.number().gt(50).lte(100).default(DEFAULTS.percentile),
  /** int8: a file that ranges are taken from when it fits the model and the data, and written to when not. */
  calibrationTable: z.string().optional(),
  /** int8: type of activations; null: by target. */
  activationType: z.enum(['uint8', 'int8', 'uint16', 'int16']).nullable().default(DEFAULTS.activationType),
  /** int8: activations without zero point; null: by target. */
  activationSymmetric: z.boolean().nullable().default(DEFAULTS.activationSymmetric),
  /** int8: changes of the float model that make it easier to quantize. */
  transforms: z.array(z.string()).default([]),
  /** int8: biases take back what quantization moves the means of results by, measured on the data. */
  correctBiases: z.boolean().default(DEFAULTS.correctBiases),
  /** int8: layers that stay float, those whose quantization costs most. */
  keepFloat: z.int().nonnegative().default(DEFAULTS.keepFloat),
  /** int8: instead, the share of weights and work that layers which gain most by it may keep in floats. */
  floatShare: z.number().min(0).max(1).default(DEFAULTS.floatShare),
  dims: z.record(z.string(), z.int().positive()).default({}),
});

export type QuantizeOptions = z.output<typeof quantizeOptionsSchema>;
