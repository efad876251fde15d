/** Refuses data that holds no numbers: every result computed from it would be meaningless. */
import { LlmcError } from '../errors.ts';
import { asFloats } from './cast.ts';
import type { HostTensor } from './host-tensor.ts';
import { type Origin, placeOf } from './origin.ts';
import { roleOf } from './roles.ts';
import type { ValueInfo } from './value-info.ts';

/** LlmcError DATA for NaN, and for infinities except those of a mask that is added to scores. */
export function requireFinite(tensor: HostTensor, input: ValueInfo, origin: Origin): void {
  if (!tensor.dtype.startsWith('float')) return;
  const values = asFloats(tensor);
  if (!values) return;
  const mask = roleOf(input) === 'mask';
  const at = firstOdd(values, mask);
  if (at < 0) return;
  const what = Number.isNaN(values[at]) ? 'NaN' : 'an infinity';
  const where = placeOf(at, tensor, origin);
  throw new LlmcError('DATA', `${where}: the data for the input "${input.name}" holds ${what}`, {
    hint: 'leave such rows out, for example with numpy.isfinite(x).all(...)',
  });
}

/** Index of the first NaN, and where `onlyNaN` is false of the first infinity; -1 when there is none. */
function firstOdd(values: Float32Array | Float64Array, onlyNaN: boolean): number {
  // A loop, since every number of the data goes through it: ten times as fast as findIndex.
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    // An infinity less itself is NaN, and NaN is not itself.
    if (value - value !== 0 && (!onlyNaN || Number.isNaN(value))) return at;
  }
  return -1;
}

/** LlmcError DATA for labels that are NaN. */
export function requireLabels(labels: HostTensor, name: string, places: readonly string[]): void {
  if (!labels.dtype.startsWith('float')) return;
  const at = (asFloats(labels) ?? []).findIndex(Number.isNaN);
  if (at < 0) return;
  throw new LlmcError('DATA', `${placeOf(at, labels, { name, places })}: the label is NaN`, {
    hint: 'leave rows without a label out',
  });
}
