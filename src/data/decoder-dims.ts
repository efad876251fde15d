/** Sizes of a decoder's inputs that hang together: a mask runs over past and new tokens. */
import type { Bindings } from './dims.ts';
import { decoderTokens, pastAxis, roleOf } from './roles.ts';
import type { ValueInfo } from './value-info.ts';

type Dim = ValueInfo['dims'][number];

/**
 * The inputs with the size of the mask written as the sum it is, `past + sequence`, where the model leaves it a size
 * of its own. Sizes given by the user stay as they are. Inputs of other models come back untouched.
 */
export function consistentDims(inputs: readonly ValueInfo[], given: Bindings = {}): readonly ValueInfo[] {
  const tokens = decoderTokens(inputs);
  const cache = inputs.find((input) => roleOf(input) === 'cache');
  const mask = inputs.find((input) => roleOf(input) === 'mask' && input.dims.length === 2);
  if (!tokens || !cache || !mask) return inputs;
  const named = new Set<Dim>([...tokens.dims, ...cache.dims]);
  const total = mask.dims[1] ?? null;
  if (typeof total === 'number' || (total !== null && (named.has(total) || Object.hasOwn(given, total))))
    return inputs;
  const past = cache.dims[pastAxis(cache)] ?? null;
  const sequence = tokens.dims[1] ?? null;
  if (past === null || sequence === null) return inputs;
  const sum =
    typeof past === 'number' && typeof sequence === 'number' ? past + sequence : `${past} + ${sequence}`;
  const replace = (input: ValueInfo, axis: number): Dim => {
    const dim = input.dims[axis] ?? null;
    return (total !== null && dim === total) || (input === mask && axis === 1) ? sum : dim;
  };
  return inputs.map((input) => ({ ...input, dims: input.dims.map((_, axis) => replace(input, axis)) }));
}

/** Past and new tokens of a decoder's inputs once all sizes are known; null for other models. */
export function decoderSizes(
  inputs: readonly ValueInfo[],
  dimsOf: (input: ValueInfo) => readonly number[],
): { readonly past: number; readonly total: number } | null {
  const tokens = decoderTokens(inputs);
  const cache = inputs.find((input) => roleOf(input) === 'cache');
  if (!tokens || !cache) return null;
  const past = dimsOf(cache)[pastAxis(cache)] ?? 0;
  return { past, total: past + (dimsOf(tokens)[1] ?? 0) };
}
