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

const SEVEN_BITS = { weightType: 'int8', reduceRange: true } as const;

/**
 * Unsigned activations times signed weights saturate on x86 without VNNI: pairs of products are added in 16 bits.
 * Unsigned weights (the same codes, moved by 128) use a kernel that does not, and 7-bit weights cannot overflow it.
 * With ranges known beforehand (`calibrated`) the kernels for 7 bits are the faster ones; where ranges are found at
 * run time, those for unsigned weights (docs/decisions/0028). `auto` is this machine; the other targets give the same
 * bytes everywhere.
 */
export async function weightArithmetic(
  options: QuantizeOptions,
  calibrated: boolean,
  threads: number,
): Promise<WeightArithmetic> {
  const { target, weightType, reduceRange } = options;
  if (weightType || reduceRange || options.parity)
    return { weightType: weightType ?? 'int8', reduceRange, reason: null };
  switch (target) {
    case 'portable':
      return { ...SEVEN_BITS, reason: '7-bit weights: exact on every CPU' };
    case 'web':
      return {
        weightType: 'uint8',
        reduceRange: false,
        reason: 'unsigned weights: browsers have kernels for them',
      };
    case 'x64-avx2':
      if (calibrated)
        return { ...SEVEN_BITS, reason: '7-bit weights: sums of wider ones saturate without VNNI' };
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
      if (calibrated && (await saturatesHere(threads)))
        return {
          ...SEVEN_BITS,
          reason:
            '7-bit weights, because sums of wider ones saturate on this CPU (no VNNI); --target x64-vnni decides for another machine',
        };
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
