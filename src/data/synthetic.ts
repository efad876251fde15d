/** Generates inputs for a model from names, types and dims alone, the same ones for the same seed. */
import { LlmcError } from '../errors.ts';
import { encodeHalf } from '../numeric/half.ts';
import { normal, seedFor, uniform } from '../random.ts';
import { decoderSizes } from './decoder-dims.ts';
import { type Bindings, bindDims } from './dims.ts';
import { allocate, elementCount, type HostTensor, type TypedArray } from './host-tensor.ts';
import { roleOf } from './roles.ts';
import type { ValueInfo } from './value-info.ts';

export interface InputHints {
  /** Exclusive upper bound of integer inputs that index a table. */
  readonly bounds?: Readonly<Record<string, number>>;
}

export interface GenerateOptions {
  readonly seed: number;
  readonly bindings: Bindings;
  readonly hints?: InputHints;
  /** Bound of 32- and 64-bit integers without a hint. */
  readonly defaultBound?: number;
  /** Float values: standard normal, or uniform in [0, 1) for models that take logarithms or roots of them. */
  readonly floats?: 'normal' | 'uniform';
}

/** Inputs above this many elements in all are refused: a symbolic dim was meant to be smaller. */
const MAX_ELEMENTS = 2 ** 28;

/** Keys and values are smaller than what is normalized: standard normal ones would outweigh all new tokens. */
const CACHE_SPREAD = 0.25;

/** Past and all tokens of a decoder; null for other models. */
type DecoderSizes = ReturnType<typeof decoderSizes>;

const words = ['the', 'quick', 'brown', 'fox', 'jumps', 'over', 'a', 'lazy', 'dog'];

/** One tensor per input. LlmcError UNSUPPORTED for types that cannot be fed, DATA for unbound or absurd dims. */
export function generateInputs(
  inputs: readonly ValueInfo[],
  options: GenerateOptions,
): Record<string, HostTensor> {
  const feeds: Record<string, HostTensor> = {};
  const sized = new Map(inputs.map((input) => [input, bindDims(input, options.bindings)]));
  const sizes = decoderSizes(inputs, (input) => sized.get(input) ?? []);
  let elements = 0;
  for (const [input, dims] of sized) {
    elements += elementCount(dims);
    if (elements > MAX_ELEMENTS) {
      throw new LlmcError('DATA', `input "${input.name}" of ${dims.join('x')} is too large to generate`, {
        hint: 'choose smaller sizes with --dim name=value',
      });
    }
    feeds[input.name] = { dtype: input.dtype, dims, data: fill(input, dims, options, sizes) };
  }
  return feeds;
}

function fill(
  input: ValueInfo,
  dims: readonly number[],
  options: GenerateOptions,
  sizes: DecoderSizes,
): TypedArray | string[] {
  const length = elementCount(dims);
  const seed = seedFor(input.name, options.seed);
  if (input.dtype === 'string') {
    const next = uniform(seed);
    return Array.from({ length }, () => words[Math.floor(next() * words.length)] ?? '');
  }
  if (input.dtype === 'non-tensor' || input.dtype === 'bfloat16') {
    throw new LlmcError(
      'UNSUPPORTED',
      `input "${input.name}" is of type ${input.dtype}, which llmc cannot generate`,
      {
        hint: 'models with sequence, map, optional or bfloat16 inputs cannot be run from here',
      },
    );
  }
  const data = allocate(input.dtype, length);
  const value = generator(input, dims, options, seed, sizes);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < length; i++) data[i] = BigInt(Math.trunc(value(i)));
  } else if (data instanceof Uint16Array && input.dtype === 'float16') {
    encodeHalf(
      Float32Array.from({ length }, (_, i) => value(i)),
      data,
    );
  } else {
    for (let i = 0; i < length; i++) data[i] = value(i);
  }
  return data;
}

function generator(
  input: ValueInfo,
  dims: readonly number[],
  options: GenerateOptions,
  seed: number,
  sizes: DecoderSizes,
): (index: number) => number {
  const last = Math.max(1, dims.at(-1) ?? 1);
  const role = roleOf(input);
  const longest = Math.max(1, ...Object.values(options.bindings));
  if (input.dtype === 'bool' || role === 'mask') return () => 1;
  if (role === 'zeros') return () => 0;
  if (role === 'positions') return (index) => (sizes?.past ?? 0) + (index % last);
  if (role === 'length') return () => longest;
  if (role === 'total') return () => sizes?.total ?? longest;
  if (role === 'last') return () => (sizes?.total ?? longest) - 1;
  if (role === 'cache') {
    const next = normal(seed);
    return () => CACHE_SPREAD * next();
  }
  if (input.dtype.startsWith('float')) {
    return options.floats === 'uniform' ? uniform(seed) : normal(seed);
  }
  const bound = options.hints?.bounds?.[input.name] ?? natural(input.dtype, options.defaultBound ?? 100);
  const next = uniform(seed);
  return () => Math.floor(next() * bound);
}

function natural(dtype: string, fallback: number): number {
  if (dtype === 'uint8') return 256;
  if (dtype === 'int8') return 128;
  return fallback;
}
