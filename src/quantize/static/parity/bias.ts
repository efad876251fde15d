/** int32 codes of a bias, as onnxruntime's static quantizers round them. */
import { roundHalfEven } from '../../../numeric/rounding.ts';

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/**
 * Codes and steps; a step is inputScale * weightScale * beta in float32, the division is in double precision.
 * @param weightScales [1] or one for each bias
 */
export function biasCodes(
  biases: Float32Array,
  inputScale: number,
  weightScales: Float32Array,
  beta: number,
): { readonly codes: Int32Array; readonly scales: Float32Array } {
  const scales = weightScales.map((scale) => Math.fround(inputScale * scale) * Math.fround(beta));
  const codes = new Int32Array(biases.length);
  for (const [at, bias] of biases.entries()) {
    const code = roundHalfEven(bias / (scales[at % scales.length] as number));
    codes[at] = Math.min(Math.max(code, INT32.min), INT32.max);
  }
  return { codes, scales };
}
