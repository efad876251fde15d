/** PruneGroup: channels that are found at the same axes of the same tensors; each can be cut, with all it is tied to. */
import type { Site } from './site.ts';
import type { Strand } from './strand.ts';

/** An axis of a tensor that loses positions when channels go. */
export interface Member {
  readonly site: Site;
  readonly axis: number;
  /** For each position on the axis the channel of the group it belongs to, or -1. */
  readonly channels: Int32Array;
}

/** A label of a node along which channels lie. */
export interface Crossed {
  readonly strand: Strand;
  /** For each position on the strand the channel of the group, or -1. */
  readonly channels: Int32Array;
}

export interface PruneGroup {
  /** Name and axis of the first parameter: `conv1.weight:0`. */
  readonly id: string;
  /** How many channels there are. */
  readonly size: number;
  readonly members: readonly Member[];
  readonly crossed: readonly Crossed[];
  /**
   * Why the model without channels is not what it is with these at zero: means are taken over what is left. Null for
   * groups where it is the same.
   */
  readonly approximate: string | null;
  /** Why none of its channels can be cut; null when they can. */
  readonly frozen: string | null;
}
