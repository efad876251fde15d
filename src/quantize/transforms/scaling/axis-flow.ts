/** Where factors along the axes of one tensor of a node lie on its other tensors; read from axis signatures. */
import type { Node } from '../../../ir/node.ts';
import type { Shape, Value } from '../../../ir/value.ts';
import { type Binding, type BoundAxis, bind, type ShapeOf } from '../../../ops/bind.ts';
import { contractedLabels } from '../../../ops/contraction.ts';
import { constantInts, normalAxis } from '../../../ops/labels.ts';
import { signatureOf } from '../../../ops/signature-of.ts';
import { isRelation } from '../../../ops/spec.ts';
import { specOf } from '../../../ops/table.ts';
import { type ChannelMap, type FactorTable, tabulate } from './channel-map.ts';
import { regroup } from './regroup.ts';

/** One tensor of a node. */
export interface Slot {
  readonly side: 'inputs' | 'outputs';
  readonly index: number;
}

export class AxisFlow {
  readonly #shapeOf: ShapeOf;
  readonly #bindings = new Map<Node, Binding | null>();

  constructor(shapeOf: ShapeOf) {
    this.#shapeOf = shapeOf;
  }

  /** The map of `from` as `to` has it; null when the factors are not on its axes or that cannot be told. */
  transfer(node: Node, from: Slot, map: ChannelMap, to: Slot): ChannelMap | null {
    const axes = specOf(node)?.axes;
    if (isRelation(axes)) {
      if (axes.relation === 'segments') return this.#segment(node, axes.axis(node), from, map, to);
      return to.index === 0 && from.side !== to.side ? this.#reshape(node, from, map, to) : null;
    }
    const binding = this.#binding(node);
    const labels = binding && this.#labels(binding, from, map);
    const target = binding?.[to.side][to.index];
    return labels && target ? onto(labels, target, binding.extents) : null;
  }

  /** The extent of an axis as all tensors of the node tell it; null where none does. */
  extent(node: Node, { side, index }: Slot, axis: number): number | null {
    const binding = this.#binding(node);
    const parts = binding && partsOf(binding[side][index]?.[axis], binding.extents);
    return parts?.sizes.reduce((product, size) => product * size, 1) ?? null;
  }

  /** How many of the labels the factors run along are multiplied and summed, so that no output has them. */
  contracted(node: Node, from: Slot, map: ChannelMap): 'all' | 'some' | 'none' {
    const signature = signatureOf(node);
    const binding = this.#binding(node);
    const labels = binding && this.#labels(binding, from, map);
    if (!signature || !labels) return 'none';
    const known = contractedLabels(signature);
    const found = labels.keys.filter((label) => known.has(label) && !signature.frozen.has(label));
    if (found.length === 0) return 'none';
    return found.length === labels.keys.length ? 'all' : 'some';
  }

  #binding(node: Node): Binding | null {
    const known = this.#bindings.get(node);
    if (known !== undefined) return known;
    const signature = signatureOf(node);
    const result = signature ? bind(signature, node, this.#shapeOf) : null;
    const binding = result && 'binding' in result ? result.binding : null;
    this.#bindings.set(node, binding);
    return binding;
  }

  /** The map along labels instead of axes; null where an axis has none. */
  #labels(binding: Binding, { side, index }: Slot, map: ChannelMap): FactorTable<string> | null {
    const axes = binding[side][index];
    const parts = map.keys.map((axis) => partsOf(axes?.[axis], binding.extents));
    if (parts.some((each) => each === null)) return null;
    const keys = parts.flatMap((each) => each?.labels ?? []);
    const dims = parts.flatMap((each) => each?.sizes ?? []);
    if (new Set(keys).size !== keys.length) return null;
    const total = dims.reduce((product, dim) => product * dim, 1);
    // Labels in the order of the axes: flat positions are the same.
    if (total !== map.index.length) return null;
    return tabulate(keys, dims, (positions) => {
      const flat = dims.reduce((sum, dim, at) => sum * dim + (positions[at] as number), 0);
      return map.index[flat] as number;
    });
  }

  #reshape(node: Node, from: Slot, map: ChannelMap, to: Slot): ChannelMap | null {
    const [before, after] = [this.#shape(node, from), this.#shape(node, to)];
    const target = node.int('allowzero', 0) === 0 ? constantInts(node, 1) : null;
    return before && after ? regroup(map, before, after, (axis) => target?.[axis] === 0) : null;
  }

  #shape(node: Node, { side, index }: Slot): Shape | null {
    const value = node[side][index];
    return value ? this.#shapeOf(value) : null;
  }

  /** Between the whole and a part of it; between parts there is no relation. */
  #segment(node: Node, stated: number, from: Slot, map: ChannelMap, to: Slot): ChannelMap | null {
    const joins = node.outputs.length === 1;
    const parts: readonly (Value | null)[] = joins ? node.inputs : node.outputs;
    const partSide = joins ? 'inputs' : 'outputs';
    const whole = joins ? node.output() : node.input(0);
    const shape = whole && this.#shapeOf(whole);
    const axis = shape ? normalAxis(stated, shape.length) : null;
    if (axis === null || from.side === to.side || !whole) return null;
    const key = map.keys.indexOf(axis);
    if (key < 0) return map;
    const part = from.side === partSide ? from.index : to.index;
    const sizes = parts.slice(0, joins ? undefined : part + 1).map((value) => {
      const dim = value && this.#shapeOf(value)?.[axis];
      return typeof dim === 'number' ? dim : Number.NaN;
    });
    const start = sizes.slice(0, part).reduce((sum, size) => sum + size, 0);
    const toPart = to.side === partSide;
    const size = toPart ? (sizes[part] ?? Number.NaN) : Number(shape?.[axis] ?? Number.NaN);
    if (!Number.isInteger(start) || !Number.isInteger(size)) return null;
    return shifted(map, key, toPart ? start : -start, size);
  }
}

/** The table with `size` positions along a key, those of the old one from `start` on; beyond it there are no factors. */
function shifted(map: ChannelMap, key: number, start: number, size: number): ChannelMap {
  const old = map.dims[key] as number;
  const dims = map.dims.map((dim, at) => (at === key ? size : dim));
  return tabulate(map.keys, dims, (positions) => {
    const place = (positions[key] as number) + start;
    if (place < 0 || place >= old) return -1;
    const flat = map.dims.reduce(
      (sum, dim, at) => sum * dim + (at === key ? place : (positions[at] as number)),
      0,
    );
    return map.index[flat] as number;
  });
}

interface Parts {
  readonly labels: readonly string[];
  readonly sizes: readonly number[];
}

/** The factors of an axis with their sizes; constant factors get a name of their own. Null where one is unknown. */
function partsOf(axis: BoundAxis | undefined, extents: Binding['extents']): Parts | null {
  if (!axis || axis.window || axis.factors.length === 0) return null;
  const sizes = axis.factors.map((factor) => (typeof factor === 'number' ? factor : extents.get(factor)));
  if (!sizes.every((size) => typeof size === 'number')) return null;
  return { labels: axis.factors.map(String), sizes };
}

/** A map along labels on a tensor with these axes; null when it does not have all the labels, each once. */
function onto(
  labels: FactorTable<string>,
  axes: readonly BoundAxis[],
  extents: Binding['extents'],
): ChannelMap | null {
  const carriers = axes.flatMap((axis, at) =>
    axis.factors.some((factor) => labels.keys.includes(String(factor))) ? [at] : [],
  );
  const parts = carriers.map((at) => partsOf(axes[at], extents));
  if (parts.some((each) => each === null)) return null;
  const names = parts.flatMap((each) => each?.labels ?? []);
  const sizes = parts.flatMap((each) => each?.sizes ?? []);
  if (
    labels.keys.some((label) => names.indexOf(label) < 0 || names.indexOf(label) !== names.lastIndexOf(label))
  )
    return null;
  const place = labels.keys.map((label) => names.indexOf(label));
  const table = tabulate(names, sizes, (positions) => {
    const flat = labels.dims.reduce(
      (sum, dim, at) => sum * dim + (positions[place[at] as number] as number),
      0,
    );
    return labels.index[flat] as number;
  });
  return byAxis(table, carriers, parts, names, sizes);
}

/** From a table over the labels of some axes (simplified, so that some may be missing) to one over the axes. */
function byAxis(
  table: FactorTable<string>,
  carriers: readonly number[],
  parts: readonly (Parts | null)[],
  names: readonly string[],
  sizes: readonly number[],
): ChannelMap {
  const dims = parts.map((each) => (each?.sizes ?? []).reduce((product, size) => product * size, 1));
  return tabulate(carriers, dims, (positions) => {
    let flat = dims.reduce((sum, dim, at) => sum * dim + (positions[at] as number), 0);
    const at = new Map<string, number>();
    for (let name = names.length - 1; name >= 0; name--) {
      at.set(names[name] as string, flat % (sizes[name] as number));
      flat = Math.floor(flat / (sizes[name] as number));
    }
    const index = table.keys.reduce((sum, key, k) => sum * (table.dims[k] as number) + (at.get(key) ?? 0), 0);
    return table.index[index] as number;
  });
}
