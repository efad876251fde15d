/** The shift of a layer's mean that rounding its weight causes (Nagel et al. 2019, arXiv 1906.04721, section 4.2). */

/** A weight and where its elements belong; see `Product`. */
export interface ShiftedWeight {
  /** The weight, and what is left of it once it is quantized. */
  readonly weight: Float32Array;
  readonly quantized: Float32Array;
  /** Input channel of each element; -1 for those that are multiplied with something else. */
  readonly inputs: Int32Array;
  /** Output channel of each element. */
  readonly outputs: Int32Array;
  readonly channels: number;
}

/**
 * E[W' x] - E[W x] = (W' - W) E[x], equation 16; positions of a kernel add up, as if none met padding.
 * @param meanOfInput [input channels]
 * @returns [channels]; to be subtracted from the bias
 */
export function expectedShift(
  { weight, quantized, inputs, outputs, channels }: ShiftedWeight,
  meanOfInput: ArrayLike<number>,
): Float64Array {
  const shift = new Float64Array(channels);
  for (let i = 0; i < weight.length; i++) {
    const input = inputs[i] as number;
    if (input < 0) continue;
    const output = outputs[i] as number;
    const error = (quantized[i] as number) - (weight[i] as number);
    shift[output] = (shift[output] as number) + error * (meanOfInput[input] as number);
  }
  return shift;
}
