/** Options of quantize that exclude each other. */
import { LlmcError } from '../errors.ts';
import type { QuantizeOptions } from './options.ts';
import type { Rounding } from './rounding/method.ts';
import { ROUNDINGS } from './rounding/table.ts';
import { refuseStaticContradictions } from './static/contradictions.ts';

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
  refuseRounding(options, contradiction);
  refuseStaticContradictions(options);
  const mixed =
    options.int8Layers.length > 0 ? '--int8-layers' : (options.int8Ratio ?? 0) > 0 ? '--int8-ratio' : null;
  if (mixed && options.scheme !== 'int4')
    throw contradiction(`${mixed} does not go with ${options.scheme}`, 'use it with --scheme int4');
  if (mixed && options.parity)
    throw contradiction(`${mixed} does not go with --parity ort`, 'leave out one of them');
}

function refuseRounding(
  { rounding, scheme, symmetric, parity, data }: QuantizeOptions,
  contradiction: (message: string, hint: string) => LlmcError,
): void {
  if (rounding === 'nearest') return;
  const method: Rounding = ROUNDINGS[rounding];
  if (scheme !== 'int4')
    throw contradiction(`--rounding ${rounding} does not go with ${scheme}`, 'use it with --scheme int4');
  if (symmetric && !method.symmetric)
    throw contradiction(
      `--rounding ${rounding} fits zero points, --symmetric has none`,
      'leave out one of them',
    );
  if (parity && rounding !== 'hqq')
    throw contradiction(
      `--rounding ${rounding} does not go with --parity ort`,
      "its numbers are llmc's own: leave out one of them",
    );
  if (method.data === 'required' && data === undefined)
    throw contradiction(
      `--rounding ${rounding} looks at what the layers are given`,
      'give it inputs with --data, or use --rounding kquant, which needs none',
    );
}
