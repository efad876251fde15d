/** Which 8-bit arithmetic a target computes exactly: the type and range of the weights follow from it. */
import { environment } from '../runtime/environment.ts';
import { int8Profile } from '../runtime/int8-profile.ts';
import type { QuantizeOptions } from './options.ts';

export interface WeightArithmetic {
  readonly weightType: 'int8' | 'uint8';
  readonly reduceRange: boolean;
  /** Why, for the report; null where nothing was decided here. */
  readonly reason: string | null;
}

/**
 * Unsigned activations times signed weights saturate on x86 without VNNI: pairs of products are added in 16 bits.
 * Unsigned weights (the same codes, moved by 128) use a kernel that does not, and 7-bit weights cannot overflow it.
 * `auto` is this machine; the other targets give the same bytes everywhere.
 */
export async function weightArithmetic(options: QuantizeOptions, threads: number): Promise<WeightArithmetic> {
  const { target, weightType, reduceRange } = options;
  if (weightType || reduceRange || options.parity)
    return { weightType: weightType ?? 'int8', reduceRange, reason: null };
  switch (target) {
    case 'portable':
      return { weightType: 'int8', reduceRange: true, reason: '7-bit weights: exact on every CPU' };
    case 'web':
      return {
        weightType: 'uint8',
        reduceRange: false,
        reason: 'unsigned weights: browsers have kernels for them',
      };
    case 'x64-avx2':
      return {
        weightType: 'uint8',
        reduceRange: false,
        reason: 'unsigned weights: products of signed ones saturate without VNNI',
      };
    case 'x64-vnni':
    case 'arm64':
    case 'tensorrt':
      return { weightType: 'int8', reduceRange: false, reason: null };
    case 'auto':
      return (await saturatesHere(threads))
        ? {
            weightType: 'uint8',
            reduceRange: false,
            reason:
              'unsigned weights, because signed ones saturate on this CPU (no VNNI); --target x64-vnni or portable decides for another machine',
          }
        : { weightType: 'int8', reduceRange: false, reason: null };
  }
}

/** True when int8 weights with full range give wrong sums on this machine. */
export async function saturatesHere(threads: number): Promise<boolean> {
  return int8Profile(await environment(threads)).saturates;
}
