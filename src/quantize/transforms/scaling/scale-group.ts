/** ScaleGroup: everything that has to be scaled with one tensor so that the model computes what it did. */
import type { Node } from '../../../ir/node.ts';
import type { Value } from '../../../ir/value.ts';
import type { ChannelMap } from './channel-map.ts';

/** A power of the vector of factors. */
export type Exponent = 1 | -1;

/** A computed value and what it is multiplied with. */
export interface ScaledValue {
  readonly map: ChannelMap;
  readonly exponent: Exponent;
}

/** A constant as one node reads it, and what it is multiplied with there. */
export interface ScaledConstant extends ScaledValue {
  readonly value: Value;
  readonly node: Node;
  readonly input: number;
  /**
   * The input it is multiplied with, which is scaled the other way round, so that the result stays; null where the
   * constant scales the result.
   */
  readonly against: number | null;
}

/** With any vector s of `size` positive factors the model with all tensors multiplied by s[map] ** exponent is equal. */
export interface ScaleGroup {
  readonly size: number;
  readonly values: ReadonlyMap<Value, ScaledValue>;
  readonly constants: readonly ScaledConstant[];
}

/** Why a tensor cannot be scaled; thrown while a group is collected. */
export class Refused extends Error {}
