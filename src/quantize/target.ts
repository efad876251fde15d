/** Which 8-bit arithmetic a target computes exactly: the type and range of the weights follow from it. */
import { environment } from '../runtime/environment.ts';
import { int8Profile } from '../runtime/int8-profile.ts';
import type { QuantizeOptions } from './options.ts';

export interface WeightArithmetic {
  readonly weightType: 'int8' | 'uint8';
  readonly reduceRange: boolean;
  /** Where weights are multiplied with calibrated data: 8 bits whose neighbouring pairs cannot saturate. */
  readonly boundPairs: boolean;
  /** Why, for the report; null where nothing was decided here. */
  readonly reason: string | null;
}

const SEVEN_BITS = { weightType: 'int8', reduceRange: true, boundPairs: false } as const;
const BOUND_PAIRS = { ...SEVEN_BITS, boundPairs: true } as const;
const UNSIGNED = { weightType: 'uint8', reduceRange: false, boundPairs: false } as const;
const SIGNED = { weightType: 'int8', reduceRange: false, boundPairs: false } as const;

/**
 * Unsigned activations times signed weights saturate on x86 without VNNI: pairs of products are added in 16 bits.
 * Unsigned weights (the same codes, moved by 128) use a kernel that does not, and 7-bit weights cannot overflow it, nor
 * can 8-bit ones with scales that bound neighbouring pairs. With ranges known beforehand (`calibrated`) the kernels for
 * signed weights are the faster ones; where ranges are found at run time, those for unsigned weights
 * (docs/decisions/0028, 0030). `auto` is this machine; the other targets give the same
 * bytes everywhere.
 */
export async function weightArithmetic(
  options: QuantizeOptions,
  calibrated: boolean,
  threads: number,
): Promise<WeightArithmetic> {
  const { target, weightType, reduceRange } = options;
  if (weightType || reduceRange || options.parity)
    return { weightType: weightType ?? 'int8', reduceRange, boundPairs: false, reason: null };
  // Activations of 16 bits have no integer kernels that could saturate.
  if (calibrated && options.activationType?.endsWith('16')) return { ...SIGNED, reason: null };
  switch (target) {
    case 'portable':
      return calibrated
        ? { ...BOUND_PAIRS, reason: 'weights of bounded pairs: exact on every CPU' }
        : { ...SEVEN_BITS, reason: '7-bit weights: exact on every CPU' };
    case 'web':
      return { ...UNSIGNED, reason: 'unsigned weights: browsers have kernels for them' };
    case 'x64-avx2':
      if (calibrated)
        return {
          ...BOUND_PAIRS,
          reason: 'weights of bounded pairs: sums of larger ones saturate without VNNI',
        };
      return {
        ...UNSIGNED,
        reason: 'unsigned weights: products of signed ones saturate without VNNI',
      };
    case 'x64-vnni':
    case 'arm64':
    case 'tensorrt':
      return { ...SIGNED, reason: null };
    case 'auto':
      if (!(await saturatesHere(threads))) return { ...SIGNED, reason: null };
      return calibrated
        ? {
            ...BOUND_PAIRS,
            reason:
              'weights of bounded pairs, because sums of larger ones saturate on this CPU (no VNNI); --target x64-vnni decides for another machine',
          }
        : {
            ...UNSIGNED,
            reason:
              'unsigned weights, because signed ones saturate on this CPU (no VNNI); --target x64-vnni or portable decides for another machine',
          };
  }
}

/** True when int8 weights with full range give wrong sums on this machine. */
export async function saturatesHere(threads: number): Promise<boolean> {
  return int8Profile(await environment(threads)).saturates;
}
