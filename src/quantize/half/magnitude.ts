/** How large the numbers of a constant are: ordinary ones, and those that only stand for "more than anything". */
import { floatsOf } from '../../ir/floats.ts';
import { Tensor } from '../../ir/tensor.ts';

/**
 * From here on a number in a model stands for infinity: masks are written as -1e9, -1e30 or -3.4e38. Setting it to
 * the end of half precision's range keeps its meaning; a variance of 1e5 set to 65504 would be another variance.
 */
const STAND_IN = 1e9;

function standsForInfinity(value: number): boolean {
  return Math.abs(value) >= STAND_IN && Number.isFinite(value);
}

/** The largest magnitude among the ordinary numbers of a float32 tensor. */
export function largestOrdinary(tensor: Tensor): number {
  let largest = 0;
  for (const value of floatsOf(tensor)) {
    const magnitude = Math.abs(value);
    if (magnitude > largest && magnitude < STAND_IN) largest = magnitude;
  }
  return largest;
}

/** The tensor with stand-ins for infinity set to +-`limit`; null when it has none. */
export function lowerStandIns(tensor: Tensor, limit: number): Tensor | null {
  const floats = floatsOf(tensor);
  if (!floats.some(standsForInfinity)) return null;
  const lowered = floats.map((value) => (standsForInfinity(value) ? Math.sign(value) * limit : value));
  return Tensor.of('float32', tensor.dims, lowered);
}
