/** The options of quantize: parsed once, defaults filled, contradictions refused. */
import { z } from 'zod';
import { LlmcError } from '../errors.ts';

export const SCHEME_NAMES = ['int8-dynamic', 'int8-weights', 'int4', 'fp16', 'bf16', 'auto'] as const;
export type SchemeName = (typeof SCHEME_NAMES)[number];

export const quantizeOptionsSchema = z.strictObject({
  scheme: z.enum(SCHEME_NAMES).default('auto'),
  bits: z.union([z.literal(2), z.literal(4), z.literal(8)]).default(4),
  blockSize: z
    .union([z.literal(16), z.literal(32), z.literal(64), z.literal(128), z.literal(256)])
    .default(32),
  symmetric: z.boolean().nullable().default(null),
  perChannel: z.boolean().nullable().default(null),
  /** null: by target. */
  weightType: z.enum(['int8', 'uint8']).nullable().default(null),
  reduceRange: z.boolean().default(false),
  rounding: z.enum(['nearest', 'hqq']).default('nearest'),
  format: z.enum(['default', 'qdq', 'cast']).default('default'),
  include: z.array(z.string()).default([]),
  exclude: z.array(z.string()).default([]),
  target: z.enum(['auto', 'portable', 'x64-vnni', 'arm64', 'web']).default('auto'),
  check: z.enum(['full', 'load', 'none']).default('full'),
  parity: z.enum(['ort']).nullable().default(null),
  halfIo: z.boolean().default(false),
  /** int4 weights in a half-precision graph, as transformers.js's q4f16. */
  halfRest: z.boolean().default(false),
  accuracyLevel: z.int().min(0).max(4).nullable().default(null),
  data: z.string().optional(),
  samples: z.int().positive().default(32),
  dims: z.record(z.string(), z.int().positive()).default({}),
});

export type QuantizeOptions = z.output<typeof quantizeOptionsSchema>;

/** @throws LlmcError USAGE for options that exclude each other */
export function refuseContradictions(options: QuantizeOptions): void {
  const contradiction = (message: string, hint: string): LlmcError =>
    new LlmcError('USAGE', message, { hint });
  if (options.parity && options.scheme !== 'int8-dynamic' && options.scheme !== 'int4')
    throw contradiction(
      `--parity ort has no counterpart for ${options.scheme}`,
      'use it with --scheme int8-dynamic or int4',
    );
  if (options.format === 'qdq' && options.scheme !== 'int4')
    throw contradiction(`--format qdq does not go with ${options.scheme}`, 'use it with --scheme int4');
  if (options.format === 'cast' && options.scheme !== 'int8-weights')
    throw contradiction(
      `--format cast does not go with ${options.scheme}`,
      'use it with --scheme int8-weights',
    );
  if (options.format === 'qdq' && options.rounding === 'hqq')
    throw contradiction('--rounding hqq does not go with --format qdq', 'leave out one of them');
  if (options.rounding === 'hqq' && options.scheme !== 'int4')
    throw contradiction(`--rounding hqq does not go with ${options.scheme}`, 'use it with --scheme int4');
  if (options.rounding === 'hqq' && options.symmetric)
    throw contradiction('--rounding hqq fits zero points, --symmetric has none', 'leave out one of them');
}
