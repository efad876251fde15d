/** Numbers of a column made floats: (x * scale - mean) / std. */
import { LlmcError } from '../errors.ts';
import { asFloats } from './cast.ts';
import type { NpyArray } from './formats/npy-array.ts';
import type { HostTensor } from './host-tensor.ts';
import type { DataSpec } from './spec.ts';

export interface Normalization {
  readonly scale: number;
  readonly mean: number;
  readonly std: number;
}

/** Options of a spec that are about numbers. */
export const NORMALIZATION_KEYS = {
  scale: 'factor for every number, e.g. 1/255',
  mean: 'taken away after scaling',
  std: 'divided by after that',
};

/** Null when the spec has none of it. LlmcError DATA for what is no number. */
export function normalizationOf(spec: DataSpec): Normalization | null {
  if (!Object.keys(NORMALIZATION_KEYS).some((key) => spec.options.has(key))) return null;
  const found = {
    scale: fractionOption(spec, 'scale', 1),
    mean: fractionOption(spec, 'mean', 0),
    std: fractionOption(spec, 'std', 1),
  };
  if (found.std === 0)
    throw new LlmcError('DATA', `option std=0 in "${spec.text}" cannot be divided by`, {
      hint: 'leave it out',
    });
  return found;
}

/** A number or a fraction. */
function fractionOption(spec: DataSpec, key: string, fallback: number): number {
  const text = spec.options.get(key);
  if (text === undefined) return fallback;
  const number = /^-?[\d.]+(?:e-?\d+)?$/i;
  const [above = '', below = '1', ...more] = text.split('/');
  const value = Number(above) / Number(below);
  if (more.length === 0 && number.test(above) && number.test(below) && Number.isFinite(value)) return value;
  throw new LlmcError('DATA', `option ${key}=${text} in "${spec.text}" is not a number`, {
    hint: `for example ${key}=0.5 or ${key}=1/255`,
  });
}

/** The same column as float32. */
export function normalized(array: NpyArray, { scale, mean, std }: Normalization): NpyArray {
  const change = async (read: Promise<HostTensor>): Promise<HostTensor> => {
    const tensor = await read;
    const values = asFloats(tensor) ?? [];
    const data = Float32Array.from(values, (value) => (value * scale - mean) / std);
    return { dtype: 'float32', dims: tensor.dims, data };
  };
  return {
    ...array,
    dtype: 'float32',
    rows: (start, end) => change(array.rows(start, end)),
    all: () => change(array.all()),
  };
}
