/** What an input stands for, as far as its name and type tell: what values make sense for it. */
import type { ValueInfo } from './value-info.ts';

/**
 * `cache` keys, values and states of earlier tokens; `mask` ones; `positions` of the tokens; `length` the longest
 * size; `total` tokens, past ones included; `last` the index of a row's last token; `values` anything.
 */
export type Role = 'cache' | 'last' | 'length' | 'mask' | 'positions' | 'total' | 'values' | 'zeros';

const NAMES: readonly (readonly [RegExp, Role])[] = [
  [/mask/i, 'mask'],
  [/token_?type|segment_?id|logits_to_keep$/i, 'zeros'],
  [/position_?ids?|cache_?position/i, 'positions'],
  [/total_seq(uence)?_len(gth)?/i, 'total'],
  [/seqlens_k/i, 'last'],
  [/(^|[_.])(len|lens|length|lengths)$/i, 'length'],
];

/** The role of an input, where no hint says better. */
export function roleOf({ name, dtype, dims }: ValueInfo): Role {
  if (/^b?float/.test(dtype) && dims.length >= 3 && /past|cache/i.test(name)) return 'cache';
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? 'values';
}

/** The input with the tokens [batch, sequence] of a model that keeps a cache of earlier ones; null for other models. */
export function decoderTokens(inputs: readonly ValueInfo[]): ValueInfo | null {
  if (!inputs.some((input) => roleOf(input) === 'cache')) return null;
  const isTokens = ({ name, dtype, dims }: ValueInfo): boolean =>
    (/^int(32|64)$/.test(dtype) && dims.length === 2 && /(^|_)(ids|tokens?)$/i.test(name)) ||
    (dims.length === 3 && /inputs?_embed/i.test(name));
  return inputs.find((input) => isTokens(input) && roleOf(input) === 'values') ?? null;
}

/** The axis along which a cache grows: the last one of open size behind the batch, or where exporters put it. */
export function pastAxis({ dims }: ValueInfo): number {
  for (let axis = dims.length - 1; axis > 0; axis--) if (typeof dims[axis] !== 'number') return axis;
  return dims.length - 2;
}
