/** What the parts of a decoder share while it is built. */
import type { Builder } from '../../../src/ir/builder.ts';
import type { DType } from '../../../src/ir/dtype.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import type { Dim, Value } from '../../../src/ir/value.ts';

/**
 * How attention is written: com.microsoft GroupQueryAttention with rotary embedding inside, the same with queries, keys
 * and values in one packed tensor, MultiHeadAttention with RotaryEmbedding, ai.onnx Attention and RotaryEmbedding of
 * opset 23, or MatMul and Softmax behind a Concat of past and new keys.
 */
export const FORMS = ['grouped', 'packed', 'multi-head', 'standard', 'plain'] as const;
export type Form = (typeof FORMS)[number];

export interface DecoderSizes {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** Heads of keys and values; as many as `heads` in the forms that know no groups. */
  readonly kvHeads: number;
  readonly hidden: number;
  readonly vocabulary: number;
  /** Longest past and new tokens together. */
  readonly positions: number;
}

export interface Scope {
  readonly form: Form;
  readonly sizes: DecoderSizes;
  readonly builder: Builder;
  /** Width of a head. */
  readonly headWidth: number;
  readonly weight: (name: string, dims: readonly number[]) => Value;
  readonly input: (name: string, dtype: DType, shape: readonly Dim[]) => Value;
}

/** Queries, keys and values of a layer [batch, sequence, heads * width], and the cache. */
export interface Layer {
  readonly label: string;
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly past: readonly [key: Value, value: Value];
  readonly present: readonly [key: Value, value: Value];
}

/** Cosines and sines [positions, width of a head / 2]. */
export type Angles = readonly [cos: Value, sin: Value];

/** Adds the attention of a layer; returns the mixed values [batch, sequence, width]. */
export type Attend = (layer: Layer) => Value;

/** A scalar constant. */
export function scalar(scope: Scope, value: number): Value {
  return scope.builder.graph.addInitializer('scalar', Tensor.scalar(value));
}

/** A scalar constant of type int64. */
export function index(scope: Scope, value: number): Value {
  const tensor = Tensor.of('int64', [], BigInt64Array.of(BigInt(value)));
  return scope.builder.graph.addInitializer('index', tensor);
}
