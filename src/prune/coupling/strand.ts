/** Strand: one label of one node, with every axis it runs along; what is cut from one of them is cut from all. */
import type { Node } from '../../ir/node.ts';
import type { Site } from './site.ts';

/** Where a strand runs along an axis of a tensor. */
export interface Place {
  readonly site: Site;
  /** Which tensor of the node it is: its index among the inputs, or that among the outputs inverted (`~index`). */
  readonly slot: number;
  readonly axis: number;
  /** For each position on the axis the position on the strand, or -1. */
  readonly at: Int32Array;
  /** True where the node multiplies and sums along it: nothing of the axis is left in the result. */
  readonly summed: boolean;
}

export interface Strand {
  /** The node; null for borders: inputs and outputs of graphs. */
  readonly node: Node | null;
  readonly size: number;
  /** The labels of the node's signature that it stands for, as a binding names them; none where a relation made it. */
  readonly labels: readonly string[];
  readonly places: readonly Place[];
  /** Why nothing may be cut; null when something may. */
  readonly frozen: string | null;
  /** Why what is cut changes more than it takes away: the node takes means along it. Null when it does not. */
  readonly approximate: string | null;
  /** Attributes that state its size, or that of a product it is a factor of. */
  readonly attributes: readonly string[];
}

const layouts = new Map<string, Int32Array>();
/** Beyond this many elements tables are not kept for the next one who asks. */
const KEPT = 1 << 16;

/** Positions on a factor of `size` of an axis of `extent` elements, where `inner` elements lie between two of them. */
export function layout(extent: number, size: number, inner: number): Int32Array {
  const key = `${extent} ${size} ${inner}`;
  const known = layouts.get(key);
  if (known) return known;
  const table = Int32Array.from({ length: extent }, (_, at) => Math.floor(at / inner) % size);
  if (extent <= KEPT) layouts.set(key, table);
  return table;
}

/** The axis itself. */
export function whole(extent: number): Int32Array {
  return layout(extent, extent, 1);
}

/** A strand along one axis of which nothing may be cut; null where the axis has one element. */
export function frozenAxis(
  node: Node | null,
  site: Site,
  slot: number,
  axis: number,
  reason: string,
): Strand | null {
  const extent = site.shape[axis];
  if (extent === undefined || extent < 2) return null;
  const place: Place = { site, slot, axis, at: whole(extent), summed: false };
  return {
    node,
    size: extent,
    labels: [],
    places: [place],
    frozen: reason,
    approximate: null,
    attributes: [],
  };
}

/** The same for all axes of a tensor. */
export function frozenSite(node: Node | null, site: Site | null, slot: number, reason: string): Strand[] {
  if (!site) return [];
  return site.shape.flatMap((_, axis) => frozenAxis(node, site, slot, axis, reason) ?? []);
}

/** The same for all tensors of a node. */
export function frozenNode(
  node: Node,
  inputs: readonly (Site | null)[],
  outputs: readonly (Site | null)[],
  reason: string,
): Strand[] {
  return [
    ...inputs.flatMap((site, index) => frozenSite(node, site, index, reason)),
    ...outputs.flatMap((site, index) => frozenSite(node, site, ~index, reason)),
  ];
}
