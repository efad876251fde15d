/** Cutting: takes channels out of every tensor they are in and rewrites what nodes state of sizes. */
import { float, int } from '../../ir/attribute.ts';
import { DTYPES } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor, type TypedArray } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { specOf } from '../../ops/table.ts';
import type { PruneGroup } from '../coupling/group.ts';
import type { Site } from '../coupling/site.ts';
import type { Strand } from '../coupling/strand.ts';
import { restate } from './restate.ts';

/** Channels to take out of one group, by their number in it. */
export interface Removal {
  readonly group: PruneGroup;
  readonly channels: Iterable<number>;
}

/** By axis, 1 for each position that goes. */
export type Dropped = Map<number, Uint8Array>;

export interface CutSummary {
  /** Parameters that have become smaller. */
  readonly tensors: readonly string[];
  /** Nodes whose attributes or stated sizes have changed. */
  readonly nodes: readonly string[];
}

/**
 * Cuts in place. Groups must come from one call of `findGroups` on the model as it is; several that share tensors are
 * cut together here, never one after the other.
 * @throws Error (a bug) for a frozen group, or when nothing of a group would be left
 */
export function cutChannels(
  removals: readonly Removal[],
  isFixed: (value: Value, axis: number) => boolean,
): CutSummary {
  const sites = new Map<Site, Dropped>();
  const strands = new Map<Strand, Uint8Array>();
  for (const { group, channels } of removals) {
    const gone = new Uint8Array(group.size);
    for (const channel of channels) gone[channel] = 1;
    if (group.frozen !== null) throw new Error(`${group.id} is frozen: ${group.frozen}`);
    if (gone.every((each) => each === 1)) throw new Error(`nothing would be left of ${group.id}`);
    if (gone.every((each) => each === 0)) continue;
    for (const { site, axis, channels: table } of group.members) {
      const axes = sites.get(site) ?? new Map<number, Uint8Array>();
      sites.set(site, axes);
      axes.set(axis, marked(axes.get(axis), table, gone));
    }
    for (const { strand, channels: table } of group.crossed)
      strands.set(strand, marked(strands.get(strand), table, gone));
  }
  // What nodes state is rewritten while the types still tell what was there.
  const nodes = new Set<Node>();
  for (const [strand, gone] of strands) {
    if (!strand.node) continue;
    const left = strand.size - count(gone);
    stateScale(strand.node, strand);
    for (const name of strand.attributes) {
      // A product goes down with each of its factors.
      const stated = strand.node.int(name, strand.size);
      strand.node.attributes.set(name, int((stated / strand.size) * left));
      nodes.add(strand.node);
    }
  }
  for (const node of restate(sites, isFixed)) nodes.add(node);
  const tensors = [...sites].flatMap(([site, axes]) => (shrink(site, axes) ? [site.value.name] : []));
  return { tensors, nodes: [...nodes].map(({ label }) => label) };
}

/** A scale that follows from what is cut stays what it was. */
function stateScale(node: Node, { labels, size }: Strand): void {
  const implied = specOf(node)?.impliedScale;
  if (implied && labels.includes(implied.label) && node.float(implied.attribute, 0) === 0)
    node.attributes.set(implied.attribute, float(1 / Math.sqrt(size)));
}

function marked(before: Uint8Array | undefined, table: Int32Array, gone: Uint8Array): Uint8Array {
  const drop = before ?? new Uint8Array(table.length);
  for (const [position, channel] of table.entries())
    if (channel >= 0 && gone[channel] === 1) drop[position] = 1;
  return drop;
}

function count(drop: Uint8Array): number {
  return drop.reduce((sum, each) => sum + each, 0);
}

/** Returns whether it is a parameter. */
function shrink({ value, reader, shape }: Site, axes: Dropped): boolean {
  const dims = shape.map((dim, axis) => dim - count(axes.get(axis) ?? new Uint8Array()));
  if (!value.tensor) {
    const known = value.type?.shape;
    if (value.type && known)
      value.type = {
        ...value.type,
        shape: known.map((dim, axis) => (axes.has(axis) && dim !== null ? (dims[axis] as number) : dim)),
      };
    return false;
  }
  const tensor = kept(value.tensor, axes);
  if (reader && value.useCount > 1) {
    const own = value.graph.addInitializer(value.name, tensor);
    reader.node.setInput(reader.index, own);
  } else {
    value.tensor = tensor;
    value.type = { dtype: tensor.dtype, shape: tensor.dims };
  }
  return true;
}

/** The tensor without the dropped positions; axis by axis, runs of kept elements are copied whole. */
function kept(tensor: Tensor, axes: Dropped): Tensor {
  let data = tensor.array();
  let dims = tensor.dims;
  for (const [axis, drop] of axes) {
    const places = [...drop.keys()].filter((at) => drop[at] === 0);
    data = takeAlong(data, dims, axis, places);
    dims = dims.map((dim, at) => (at === axis ? places.length : dim));
  }
  if (/packed|string/.test(DTYPES[tensor.dtype].storage)) throw new Error('packed elements cannot be cut');
  return Tensor.of(tensor.dtype, dims, data);
}

function takeAlong(
  data: TypedArray,
  dims: readonly number[],
  axis: number,
  places: readonly number[],
): TypedArray {
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const outer = dims.slice(0, axis).reduce((product, dim) => product * dim, 1);
  const size = dims[axis] as number;
  const Make = data.constructor as new (length: number) => TypedArray;
  const result = new Make(outer * places.length * inner);
  const runs = runsOf(places);
  let to = 0;
  for (let block = 0; block < outer; block++)
    for (const [start, length] of runs) {
      const from = (block * size + start) * inner;
      result.set(data.subarray(from, from + length * inner) as never, to);
      to += length * inner;
    }
  return result;
}

/** Neighbouring places as first place and length. */
function runsOf(places: readonly number[]): (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last && last[0] + last[1] === place) last[1]++;
    else runs.push([place, 1]);
  }
  return runs;
}
