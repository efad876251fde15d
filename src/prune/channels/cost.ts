/** What a model costs with some channels gone, counted without cutting it. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { allNodes } from '../../ir/walk.ts';
import { countMacs } from '../../ops/macs.ts';
import type { SampledShapes } from '../../probe/sampled-shapes.ts';
import type { PruneGroup } from '../coupling/group.ts';
import { isWeight, type Site } from '../coupling/site.ts';
import type { Strand } from '../coupling/strand.ts';

/** Channels that go, 1 for each, by group. */
export type Gone = ReadonlyMap<PruneGroup, Uint8Array>;

export interface Cost {
  /** Multiply-accumulates for the inputs the model was looked at with. */
  readonly macs: number;
  /** Elements of float and integer parameters. */
  readonly params: number;
}

export class CostModel {
  readonly #shapes: SampledShapes;
  /** Of everything, before any cut. */
  readonly whole: Cost;
  readonly #macs = new Map<Node, number>();

  constructor(model: Model, shapes: SampledShapes) {
    this.#shapes = shapes;
    let [macs, params] = [0, 0];
    for (const node of allNodes(model, { functions: false })) {
      const own = this.#count(node, new Map());
      this.#macs.set(node, own);
      macs += own;
      for (const value of new Set(node.inputs))
        if (value?.tensor && value.uses[0]?.node === node && isWeight({ value, reader: null, shape: [] }))
          params += value.tensor.size;
    }
    this.whole = { macs, params };
  }

  of(gone: Gone): Cost {
    const strands = new Map<Strand, Uint8Array>();
    const dropped = new Map<Site, Map<number, Uint8Array>>();
    for (const [group, drop] of gone) {
      for (const { strand, channels } of group.crossed) mark(strands, strand, channels, drop);
      for (const { site, axis, channels } of group.members) {
        if (!isWeight(site)) continue;
        const axes = dropped.get(site) ?? new Map<number, Uint8Array>();
        dropped.set(site, axes);
        mark(axes, axis, channels, drop);
      }
    }
    return { macs: this.#macsWithout(strands), params: this.#paramsWithout(dropped) };
  }

  #macsWithout(strands: ReadonlyMap<Strand, Uint8Array>): number {
    const nodes = new Map<Node, Map<string, number>>();
    for (const [{ node, size, labels }, drop] of strands) {
      if (!node || labels.length === 0) continue;
      const resized = nodes.get(node) ?? new Map<string, number>();
      nodes.set(node, resized);
      for (const label of labels) resized.set(label, size - sum(drop));
    }
    let { macs } = this.whole;
    for (const [node, resized] of nodes) macs += this.#count(node, resized) - (this.#macs.get(node) ?? 0);
    return macs;
  }

  #paramsWithout(dropped: ReadonlyMap<Site, ReadonlyMap<number, Uint8Array>>): number {
    let { params } = this.whole;
    const seen = new Set<unknown>();
    for (const [{ value, shape }, axes] of dropped) {
      if (seen.has(value)) continue;
      seen.add(value);
      const size = (dims: readonly number[]) => dims.reduce((product, dim) => product * dim, 1);
      params += size(shape.map((dim, axis) => dim - sum(axes.get(axis)))) - size(shape);
    }
    return params;
  }

  #count(node: Node, resized: ReadonlyMap<string, number>): number {
    const count = countMacs(node, (value) => this.#shapes.shapeOf(value), resized);
    return 'macs' in count ? count.macs : 0;
  }
}

function mark<K>(tables: Map<K, Uint8Array>, key: K, channels: Int32Array, drop: Uint8Array): void {
  const table = tables.get(key) ?? new Uint8Array(channels.length);
  tables.set(key, table);
  for (const [position, channel] of channels.entries())
    if (channel >= 0 && drop[channel] === 1) table[position] = 1;
}

function sum(drop: Uint8Array | undefined): number {
  return drop?.reduce((all, each) => all + each, 0) ?? 0;
}
