/** Options of quantize that exclude each other. */
import { LlmcError } from '../errors.ts';
import type { QuantizeOptions } from './options.ts';

/** Schemes whose counterpart onnxruntime's Python tools have. */
const PARITY: ReadonlySet<string> = new Set(['int8', 'int8-dynamic', 'int4']);

/** @throws LlmcError USAGE for options that exclude each other */
export function refuseContradictions(options: QuantizeOptions): void {
  const contradiction = (message: string, hint: string): LlmcError =>
    new LlmcError('USAGE', message, { hint });
  if (options.parity && !PARITY.has(options.scheme))
    throw contradiction(
      `--parity ort has no counterpart for ${options.scheme}`,
      `use it with --scheme ${[...PARITY].join(' or ')}`,
    );
  if (options.format === 'qdq' && options.scheme !== 'int4' && options.scheme !== 'int8')
    throw contradiction(
      `--format qdq does not go with ${options.scheme}`,
      'use it with --scheme int8 or int4',
    );
  if (options.format === 'qoperator' && options.scheme !== 'int8')
    throw contradiction(`--format qoperator does not go with ${options.scheme}`, 'use it with --scheme int8');
  if (options.format === 'qoperator' && options.activationType?.endsWith('16'))
    throw contradiction(
      `--format qoperator does not go with ${options.activationType} activations`,
      'its operators have 8 bits: leave out one of them',
    );
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
