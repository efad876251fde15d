/** Refuses data that holds no numbers: every result computed from it would be meaningless. */
import { LlmcError } from '../errors.ts';
import { asFloats } from './cast.ts';
import type { HostTensor } from './host-tensor.ts';
import { roleOf } from './roles.ts';
import type { ValueInfo } from './value-info.ts';

/** LlmcError DATA for NaN, and for infinities except those of a mask that is added to scores. */
export function requireFinite(tensor: HostTensor, input: ValueInfo): void {
  if (!tensor.dtype.startsWith('float')) return;
  const values = asFloats(tensor);
  if (!values) return;
  const mask = roleOf(input) === 'mask';
  const at = values.findIndex((value) => (mask ? Number.isNaN(value) : !Number.isFinite(value)));
  if (at < 0) return;
  const what = Number.isNaN(values[at]) ? 'NaN' : 'an infinity';
  throw new LlmcError('DATA', `the data for the input "${input.name}" holds ${what}`, {
    hint: 'leave such rows out, for example with numpy.isfinite(x).all(...)',
  });
}
