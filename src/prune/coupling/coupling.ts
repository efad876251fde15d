/**
 * Coupling: which channels of a model can only be cut together. Strands (equal labels of axis signatures) are followed
 * from tensor to tensor until nothing new is reached; docs/decisions/0045 tells why positions and not axes are unified.
 */

import { DTYPES } from '../../ir/dtype.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { allGraphs } from '../../ir/walk.ts';
import type { SampledShapes } from '../../probe/sampled-shapes.ts';
import { type Crossing, Flow, type Reach } from './flow.ts';
import type { PruneGroup } from './group.ts';
import { isWeight, type Site, Sites } from './site.ts';
import { frozenSite, type Strand } from './strand.ts';
import { strandsOf } from './strands.ts';

/** All groups of a model that hold parameters, in the order of its nodes. */
export function findGroups(model: Model, shapes: SampledShapes): PruneGroup[] {
  const strands = strandsIn(model, shapes);
  const crossings = indexOf([...strands, ...packed(strands)]);
  const crossingsOf = (site: Site, axis: number) => crossings.get(site)?.get(axis) ?? [];
  const covered = new Map<Strand, Uint8Array>();
  const groups = new Collected();
  for (const seed of strands) {
    if (seed.frozen !== null) continue;
    const done = covered.get(seed);
    const positions = Array.from({ length: seed.size }, (_, at) => at).filter((at) => done?.[at] !== 1);
    if (positions.length === 0) continue;
    const flow = new Flow(seed, positions, crossingsOf);
    for (const strand of flow.live) {
      const seen = covered.get(strand) ?? new Uint8Array(strand.size);
      covered.set(strand, seen);
      for (const [at, channel] of flow.along(strand).entries()) if (channel >= 0) seen[at] = 1;
    }
    groups.add(flow);
  }
  return withoutRests(groups.list);
}

/** Those of all nodes and borders of graphs. */
export function strandsIn(model: Model, shapes: SampledShapes): Strand[] {
  const sites = new Sites((value) => shapes.shapeOf(value));
  const strands: Strand[] = [];
  for (const graph of allGraphs(model, { functions: false })) {
    for (const node of graph) strands.push(...strandsOf(node, sites));
    strands.push(...borders(graph, sites));
  }
  return strands;
}

/**
 * Without groups of a single channel on axes of larger ones: a product of factors that is cut along another factor than
 * it can be.
 */
function withoutRests(groups: readonly PruneGroup[]): PruneGroup[] {
  const larger = new Map<Site, Set<number>>();
  const weights = ({ members }: PruneGroup) => members.filter(({ site }) => isWeight(site));
  for (const group of groups)
    if (group.size > 1)
      for (const { site, axis } of weights(group))
        larger.set(site, (larger.get(site) ?? new Set()).add(axis));
  return groups.filter(
    (group) => group.size > 1 || !weights(group).every(({ site, axis }) => larger.get(site)?.has(axis)),
  );
}

/** What a graph takes in and hands out keeps its dims. */
function borders(graph: Graph, sites: Sites): Strand[] {
  const where = graph.parent ? `of the body '${graph.name}'` : 'of the model';
  const frozen = (values: readonly Value[], what: string) =>
    values.flatMap((value) =>
      frozenSite(null, sites.output(value), 0, `'${value.name}' is an ${what} ${where}`),
    );
  return [
    ...frozen(
      graph.inputs.filter((value) => !value.tensor),
      'input',
    ),
    ...frozen(graph.outputs, 'output'),
    // An initializer that is listed among the inputs may be fed by whoever runs the model.
    ...frozen(
      graph.inputs.filter((value) => value.tensor),
      'input',
    ),
  ];
}

/** Parameters whose elements share bytes, or are text, are not cut. */
function packed(strands: readonly Strand[]): Strand[] {
  const seen = new Set<Site>();
  for (const { places } of strands)
    for (const { site } of places) {
      const dtype = site.value.tensor?.dtype;
      if (dtype && /packed|string/.test(DTYPES[dtype].storage)) seen.add(site);
    }
  return [...seen].flatMap((site) =>
    frozenSite(null, site, 0, `elements of '${site.value.name}' are packed`),
  );
}

function indexOf(strands: readonly Strand[]): ReadonlyMap<Site, ReadonlyMap<number, readonly Crossing[]>> {
  const index = new Map<Site, Map<number, Crossing[]>>();
  for (const strand of strands)
    for (const place of strand.places) {
      const axes = index.get(place.site) ?? new Map<number, Crossing[]>();
      index.set(place.site, axes);
      const known = axes.get(place.axis);
      if (known) known.push({ strand, place });
      else axes.set(place.axis, [{ strand, place }]);
    }
  return index;
}

/** Groups found so far; what two seeds lead to is listed once. */
class Collected {
  readonly list: PruneGroup[] = [];
  readonly #keys = new Set<string>();
  readonly #ids = new Set<string>();

  add(flow: Flow): void {
    const reaches = flow.reaches();
    for (const channels of byFootprint(flow, reaches).values()) {
      const number = new Map(channels.map((channel, at) => [channel, at]));
      const numbered = (table: Int32Array) =>
        table.map((channel) => (channel < 0 ? -1 : (number.get(flow.find(channel)) ?? -1)));
      const touches = (table: Int32Array) => table.some((channel) => channel >= 0);
      const members = reaches
        .map(({ site, axis, channels: table }) => ({ site, axis, channels: numbered(table) }))
        .filter(({ channels: table }) => touches(table));
      const weights = members.filter(({ site }) => isWeight(site));
      const first = weights.find(({ site }) => site.shape.length > 1) ?? weights[0];
      if (!first) continue;
      const key = keyOf(members);
      if (this.#keys.has(key)) continue;
      this.#keys.add(key);
      const crossed = [...flow.live]
        .map((strand) => ({ strand, channels: numbered(flow.along(strand)) }))
        .filter(({ channels: table }) => touches(table));
      const reason = flow.reasons().get(channels[0] as number) ?? null;
      this.list.push({
        id: this.#id(`${first.site.value.name}:${first.axis}`),
        size: channels.length,
        members,
        crossed,
        approximate: crossed.find(({ strand }) => strand.approximate !== null)?.strand.approximate ?? null,
        frozen: reason,
      });
    }
  }

  #id(base: string): string {
    let id = base;
    for (let count = 2; this.#ids.has(id); count++) id = `${base}.${count}`;
    this.#ids.add(id);
    return id;
  }
}

/** Channels of a flow that touch the same axes and are free, or frozen for the same reason. */
function byFootprint(flow: Flow, reaches: readonly Reach[]): Map<string, number[]> {
  const touched = new Map<number, number[]>();
  for (const [at, { channels }] of reaches.entries())
    for (const root of new Set(Array.from(channels, (channel) => (channel < 0 ? -1 : flow.find(channel)))))
      if (root >= 0) {
        const known = touched.get(root);
        if (known) known.push(at);
        else touched.set(root, [at]);
      }
  const reasons = flow.reasons();
  const groups = new Map<string, number[]>();
  for (const root of [...touched.keys()].sort((a, b) => a - b)) {
    const key = `${reasons.get(root) ?? ''} ${touched.get(root)?.join()}`;
    const known = groups.get(key);
    if (known) known.push(root);
    else groups.set(key, [root]);
  }
  return groups;
}

const numbers = new WeakMap<Site, number>();
let next = 0;

/** Equal for groups that cut the same positions of the same axis together. */
function keyOf(members: PruneGroup['members']): string {
  const numbered = members.map((member) => {
    const known = numbers.get(member.site) ?? next++;
    numbers.set(member.site, known);
    return { known, member };
  });
  numbered.sort((a, b) => a.known - b.known || a.member.axis - b.member.axis);
  const [first] = numbered;
  if (!first) return '';
  // Channels by first appearance, so that their numbers do not matter.
  const order = new Map<number, number>();
  const table = Array.from(first.member.channels, (channel) => {
    if (channel < 0) return '';
    const place = order.get(channel) ?? order.size;
    order.set(channel, place);
    return place;
  });
  return `${first.known}:${first.member.axis}:${table.join()}:${members.length}`;
}
