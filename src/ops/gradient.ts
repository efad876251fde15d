/** What an operator says of its derivatives; src/train puts the pieces together. */

import type { DType } from '../ir/dtype.ts';
import type { Formula } from '../ir/formula.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';

/** A node with all that is known of it: in training graphs every size is a number. */
export interface NodeScope {
  readonly node: Node;
  /** Writes nodes behind those there are. */
  readonly f: Formula;
  /**
   * Sizes of an input or output of the node.
   * @throws LlmcError UNSUPPORTED, naming the node, where they depend on the data
   */
  shape(value: Value): readonly number[];
  /** The element type of an input or output of the node. */
  dtype(value: Value): DType;
  /** An input that must be there. @throws LlmcError MODEL_INVALID naming the node */
  input(index: number): Value;
  /** The main output, or another one that must be there. */
  output(index?: number): Value;
  /** The whole numbers of an input that is constant. @throws LlmcError UNSUPPORTED naming the node */
  constants(index: number): readonly number[];
  /** An error that names the node. */
  unsupported(why: string): Error;
}

export interface GradientScope extends NodeScope {
  /** The gradient of the output `index`, which has that output's shape; null where nothing asks for it. */
  dy(index?: number): Value | null;
  /** Whether anybody asks for the gradient of an input. */
  needs(index: number): boolean;
  /** Sums a value of the first output's shape over what broadcasting repeated: the input's shape is left. */
  unbroadcast(value: Value, index: number): Value;
}

/**
 * The vector-Jacobian product: for each input the gradient that reaches it, in the input's shape, null for none.
 * It is called only when some output has a gradient; inputs nobody `needs` may be left out.
 */
export type GradientRule = (scope: GradientScope) => readonly (Value | null)[];

/** The same in operators that have rules or decompositions themselves: the values that replace the outputs. */
export type Decomposition = (scope: NodeScope) => readonly (Value | null)[];

/** `none`: its results do not change with small changes of its inputs, or are no numbers. */
export type Derivative = 'none' | { readonly rule: GradientRule } | { readonly decompose: Decomposition };
