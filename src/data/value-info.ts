/** What is known of a graph input or output before anything runs. */

/** Dims: a size, a symbolic name, or null when unknown and unnamed. */
export interface ValueInfo {
  readonly name: string;
  /** ONNX lower-case element type; sequences, maps and optionals are 'non-tensor'. */
  readonly dtype: string;
  /** Empty for a scalar, and also when the model does not state a rank: onnxruntime does not tell these apart. */
  readonly dims: readonly (number | string | null)[];
  /** The model does not state a rank; known of inputs only. */
  readonly unranked?: true;
}
