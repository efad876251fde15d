/** Flow: everything that must be cut with the positions of one strand, found by following strands to their ends. */
import type { Node } from '../../ir/node.ts';
import type { Site } from './site.ts';
import type { Place, Strand } from './strand.ts';

/** A strand at an axis. */
export interface Crossing {
  readonly strand: Strand;
  readonly place: Place;
}

/** Which strands run along an axis. */
export type CrossingsOf = (site: Site, axis: number) => readonly Crossing[];

/** An axis that is reached; for each position the channel it belongs to, or -1. */
export interface Reach {
  readonly site: Site;
  readonly axis: number;
  readonly channels: Int32Array;
}

export class Flow {
  /** Strands along which something is cut. */
  readonly live = new Set<Strand>();
  readonly #crossingsOf: CrossingsOf;
  readonly #parents: Int32Array;
  readonly #reasons = new Map<number, string>();
  readonly #reaches = new Map<Site, Map<number, Reach>>();
  readonly #queue = new Set<Reach>();
  /** What a node was found to cut along an axis that is a product of several strands. */
  readonly #chosen = new Map<Node, Map<string, Strand>>();

  /** @param positions of the seed that are looked into; each begins as a channel of its own */
  constructor(seed: Strand, positions: readonly number[], crossingsOf: CrossingsOf) {
    this.#crossingsOf = crossingsOf;
    this.#parents = Int32Array.from({ length: positions.length }, (_, at) => at);
    const channels = new Int32Array(seed.size).fill(-1);
    for (const [channel, position] of positions.entries()) channels[position] = channel;
    this.#push(seed, channels);
    for (const reach of this.#queue) {
      this.#queue.delete(reach);
      this.#follow(reach);
    }
  }

  /** The channel that stands for all that are cut together with this one. */
  find(channel: number): number {
    const parents = this.#parents;
    let root = channel;
    while (parents[root] !== root) root = parents[root] as number;
    for (let at = channel; at !== root; ) {
      const next = parents[at] as number;
      parents[at] = root;
      at = next;
    }
    return root;
  }

  /** Why channels cannot be cut, by the channel that stands for them. */
  reasons(): ReadonlyMap<number, string> {
    const found = new Map<number, string>();
    for (const [channel, reason] of this.#reasons) {
      const root = this.find(channel);
      if (!found.has(root)) found.set(root, reason);
    }
    return found;
  }

  reaches(): Reach[] {
    return [...this.#reaches.values()].flatMap((axes) => [...axes.values()]);
  }

  /** The channels along a strand, as one of its axes has them. */
  along({ places, size }: Strand): Int32Array {
    const channels = new Int32Array(size).fill(-1);
    for (const { site, axis, at } of places) {
      const reach = this.#reaches.get(site)?.get(axis);
      if (!reach) continue;
      for (const [position, place] of at.entries())
        if (place >= 0 && (reach.channels[position] as number) >= 0)
          channels[place] = this.find(reach.channels[position] as number);
    }
    return channels;
  }

  #follow(reach: Reach): void {
    const bySlot = new Map<Node | null, Map<number, Crossing[]>>();
    for (const crossing of this.#crossingsOf(reach.site, reach.axis)) {
      const { node } = crossing.strand;
      const slots = bySlot.get(node) ?? new Map<number, Crossing[]>();
      bySlot.set(node, slots);
      const known = slots.get(crossing.place.slot);
      if (known) known.push(crossing);
      else slots.set(crossing.place.slot, [crossing]);
    }
    for (const [node, slots] of bySlot)
      for (const crossings of slots.values())
        for (const crossing of node ? this.#choose(node, reach, crossings) : crossings)
          this.#push(crossing.strand, this.#pull(reach, crossing));
  }

  /**
   * A product of strands is cut along one of them: the one that leaves most channels apart, rather one of which something
   * may be cut. The choice stays.
   */
  #choose(node: Node, reach: Reach, crossings: readonly Crossing[]): readonly Crossing[] {
    const choices = this.#choices(node);
    const key = keyOf((crossings[0] as Crossing).place);
    let chosen = choices.get(key);
    if (!chosen) {
      const counted = crossings.map((crossing) => ({
        strand: crossing.strand,
        apart: crossings.length > 1 ? this.#apart(reach, crossing) : 0,
      }));
      counted.sort(
        (a, b) => Number(a.strand.frozen !== null) - Number(b.strand.frozen !== null) || b.apart - a.apart,
      );
      chosen = (counted[0] as { strand: Strand }).strand;
      choices.set(key, chosen);
    }
    return crossings.filter(({ strand }) => strand === chosen);
  }

  #choices(node: Node): Map<string, Strand> {
    const known = this.#chosen.get(node) ?? new Map<string, Strand>();
    this.#chosen.set(node, known);
    return known;
  }

  /** How many channels are left when those on the same position of the strand are one. */
  #apart(reach: Reach, { strand, place }: Crossing): number {
    const first = new Int32Array(strand.size).fill(-1);
    const joined = new Map<number, number>();
    const rootOf = (channel: number): number => {
      let root = channel;
      for (let next = joined.get(root); next !== undefined; next = joined.get(root)) root = next;
      return root;
    };
    const seen = new Set<number>();
    for (const [position, on] of place.at.entries()) {
      const channel = reach.channels[position] as number;
      if (channel < 0 || on < 0) continue;
      const root = rootOf(this.find(channel));
      seen.add(this.find(channel));
      const other = first[on] as number;
      if (other < 0) first[on] = root;
      else if (rootOf(other) !== root) joined.set(root, rootOf(other));
    }
    return seen.size - joined.size;
  }

  #pull(reach: Reach, { strand, place }: Crossing): Int32Array {
    const channels = new Int32Array(strand.size).fill(-1);
    for (const [position, on] of place.at.entries()) {
      const channel = reach.channels[position] as number;
      if (channel < 0 || on < 0) continue;
      if ((channels[on] as number) < 0) channels[on] = channel;
      else this.#join(channels[on] as number, channel);
    }
    return channels;
  }

  #push(strand: Strand, channels: Int32Array): void {
    this.live.add(strand);
    if (strand.frozen !== null)
      for (const channel of channels) if (channel >= 0) this.#refuse(channel, strand.frozen);
    for (const place of strand.places) {
      const { site, axis, at } = place;
      const reach = this.#reach(site, axis, at.length);
      if (strand.node) this.#agree(strand.node, strand, place, channels);
      if (this.#enter(reach, at, channels)) this.#queue.add(reach);
    }
  }

  /** Takes over the channels of a strand; returns whether positions were reached that had not been. */
  #enter({ channels: known }: Reach, at: Int32Array, channels: Int32Array): boolean {
    let grew = false;
    for (const [position, on] of at.entries()) {
      const channel = on < 0 ? -1 : (channels[on] as number);
      if (channel < 0) continue;
      const before = known[position] as number;
      if (before >= 0) this.#join(before, channel);
      else {
        known[position] = channel;
        grew = true;
      }
    }
    return grew;
  }

  /** An axis that one strand of a node cuts is not cut along another one of it, which would leave no rectangle. */
  #agree(node: Node, strand: Strand, place: Place, channels: Int32Array): void {
    const choices = this.#choices(node);
    const made = choices.get(keyOf(place));
    if (made === undefined) choices.set(keyOf(place), strand);
    else if (made !== strand)
      for (const channel of channels)
        if (channel >= 0) this.#refuse(channel, `${node.label} is reached along two factors of one axis`);
  }

  #reach(site: Site, axis: number, extent: number): Reach {
    const axes = this.#reaches.get(site) ?? new Map<number, Reach>();
    this.#reaches.set(site, axes);
    const known = axes.get(axis);
    if (known) return known;
    const reach = { site, axis, channels: new Int32Array(extent).fill(-1) };
    axes.set(axis, reach);
    return reach;
  }

  #join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    if (first === second) return;
    // The lower one stands for both, so that the order in which they were found does not show.
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }

  #refuse(channel: number, reason: string): void {
    if (!this.#reasons.has(channel)) this.#reasons.set(channel, reason);
  }
}

function keyOf({ slot, axis }: Place): string {
  return `${slot}:${axis}`;
}
