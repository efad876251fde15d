/** What a layer reads while a change of it is imitated. */
import type { Builder } from '../../ir/builder.ts';
import type { Node } from '../../ir/node.ts';
import type { TypedArray } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';

/** Takes the place of a constant input. */
export interface WeightStandIn {
  readonly index: number;
  /** The constant as it is after the change, in its own element type and order. */
  weight(): TypedArray;
}

/** Takes the place of a computed input. */
export interface ActivationStandIn {
  readonly index: number;
  /** Adds nodes that change `value`; returns their result, of the same type and shape. */
  build(builder: Builder, value: Value): Value;
}

export type StandIn = WeightStandIn | ActivationStandIn;

/** A node and everything that would change about what it reads. */
export interface Layer {
  /** Of the float model, main graph or body. */
  readonly node: Node;
  readonly standIns: readonly StandIn[];
}
