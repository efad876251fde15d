/** The options of quantize: parsed once, defaults filled. The command line, which has parsed them, does without. */
import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';

export const SCHEME_NAMES = ['int8-dynamic', 'int8-weights', 'int4', 'fp16', 'bf16', 'auto'] as const;
export type SchemeName = (typeof SCHEME_NAMES)[number];

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
  rounding: z.enum(['nearest', 'hqq']).default(DEFAULTS.rounding),
  format: z.enum(['default', 'qdq', 'cast']).default(DEFAULTS.format),
  include: z.array(z.string()).default([]),
  exclude: z.array(z.string()).default([]),
  target: z.enum(['auto', 'portable', 'x64-vnni', 'arm64', 'web']).default(DEFAULTS.target),
  check: z.enum(['full', 'load', 'none']).default(DEFAULTS.check),
  parity: z.enum(['ort']).nullable().default(DEFAULTS.parity),
  halfIo: z.boolean().default(DEFAULTS.halfIo),
  /** int4 weights in a half-precision graph, as transformers.js's q4f16. */
  halfRest: z.boolean().default(DEFAULTS.halfRest),
  accuracyLevel: z.int().min(0).max(4).nullable().default(DEFAULTS.accuracyLevel),
  data: z.string().optional(),
  samples: z.int().positive().default(DEFAULTS.samples),
  dims: z.record(z.string(), z.int().positive()).default({}),
});

export type QuantizeOptions = z.output<typeof quantizeOptionsSchema>;
