/** Probe: a statistic that graph nodes compute per batch and that adds up, so that memory does not grow with samples. */
import type { Builder } from '../ir/builder.ts';
import type { Value } from '../ir/value.ts';

/** What nodes of a probe need to know. */
export interface ProbeScope {
  /** Adds nodes behind the value. */
  readonly builder: Builder;
  /** ai.onnx opset of the model. */
  readonly opset: number;
}

export interface Probe<S> {
  readonly name: string;
  /** Least ai.onnx opset its nodes need. */
  readonly opset: number;
  /** Length of the vector it yields. */
  readonly width: number;
  /** How vectors of several batches, or turns of a loop, become one, element by element. */
  readonly combine: 'max' | 'sum';
  /** Adds the nodes; returns a float32 vector of `width` elements. */
  build(scope: ProbeScope, value: Value): Value;
  /** The statistic from the combined vector. */
  read(vector: Float64Array): S;
}

/** A probe on a value of the model that is observed. */
export interface Tap<S> {
  readonly value: Value;
  readonly probe: Probe<S>;
}

/** What stands for nothing seen: it changes no maximum. */
export const LOWEST = -3.4028234663852886e38;

/** The vector that changes nothing it is combined with. */
export function neutral(combine: 'max' | 'sum'): number {
  return combine === 'max' ? LOWEST : 0;
}
