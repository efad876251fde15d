/** Rounding half to even with two additions, the way IEEE arithmetic and numpy round. */

/**
 * Adding this to a double pushes every fraction bit out, so the addition itself rounds half to even; subtracting it
 * again leaves the integer. Exact for |x| < 2^51.
 */
export const ROUND_F64 = 6755399441055744; // 1.5 * 2^52

/** The nearest integer, ties to even. `x` finite, |x| < 2^51. */
export function roundHalfEven(x: number): number {
  return x + ROUND_F64 - ROUND_F64;
}
