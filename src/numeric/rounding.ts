/** Rounding half to even with two additions, the way IEEE arithmetic and numpy round. */

/**
 * Adding this to a double pushes every fraction bit out, so the addition itself rounds half to even; subtracting it
 * again leaves the integer. Exact for |x| < 2^51.
 */
export const ROUND_F64 = 6755399441055744; // 1.5 * 2^52

/**
 * The same constant for single precision: after storing `x + ROUND_F32` into a Float32Array the low bits of its
 * pattern are the rounded integer in two's complement (the pattern is 0x4b400000 + integer). Exact for |x| < 2^22.
 * Reading the pattern back through an Int32Array is several times faster in V8 than converting a double to an integer.
 */
export const ROUND_F32 = 12582912; // 1.5 * 2^23

/** The nearest integer, ties to even. `x` finite, |x| < 2^51. */
export function roundHalfEven(x: number): number {
  return x + ROUND_F64 - ROUND_F64;
}
