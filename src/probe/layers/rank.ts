/** From the noise of values to what each node adds to it. */
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';

/** What float32 can tell apart: the noise of values that do not differ. */
export const CLEAN_DB = 144;

/** The worst ratio in dB among the values a node reads; values without one count as what they are computed from. */
export class InputNoise {
  readonly #noise: ReadonlyMap<Value, number>;
  readonly #found = new Map<Value, number>();
  /** The node whose body a graph is. */
  readonly #owners = new Map<Graph, Node>();

  /** @param noise signal-to-noise ratio in dB of the values that were compared */
  constructor(model: Model, noise: ReadonlyMap<Value, number>) {
    this.#noise = noise;
    for (const node of allNodes(model, { functions: false }))
      for (const body of node.subgraphs) this.#owners.set(body, node);
  }

  of(node: Node): number {
    // What a branch makes is what the node hands out.
    const read = [...node.inputs, ...node.subgraphs.flatMap(({ outputs }) => outputs)];
    return read.reduce((worst, value) => Math.min(worst, value ? this.#value(value) : CLEAN_DB), CLEAN_DB);
  }

  #value(value: Value): number {
    const known = this.#noise.get(value) ?? this.#found.get(value);
    if (known !== undefined) return known;
    if (value.tensor) return CLEAN_DB;
    // A value that depends on itself through a loop is what it was at the start.
    this.#found.set(value, CLEAN_DB);
    const source = value.producer ?? (value.graph.parent ? this.#owners.get(value.graph) : undefined);
    const found = source ? this.of(source) : CLEAN_DB;
    this.#found.set(value, found);
    return found;
  }
}

/**
 * Noise power that a node adds, relative to its signal. Decibels lost would always name the first layers, whose
 * inputs are clean: from 140 dB to 30 is much of a fall and little noise.
 */
export function addedNoise(outputDb: number, inputDb: number): number {
  return 10 ** (-outputDb / 10) - 10 ** (-inputDb / 10);
}
