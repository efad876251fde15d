/** Layers that no range suits: their weights are stored as int8 all the same, their arithmetic is float. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { channelAxis } from '../../ops/contraction.ts';
import { specOf } from '../../ops/table.ts';
import { DequantizedWeights, type Expansion } from '../dequantized-weight.ts';
import type { Outcome } from '../outcome.ts';
import { type SchemeOptions, WORTHWHILE } from '../schemes/scheme.ts';

export class StoredLayers {
  /** Layers whose weights became int8. */
  readonly nodes = new Set<Node>();
  /** Constants replaced by integers. */
  readonly retired = new Set<Value>();
  readonly #model: Model;
  readonly #perChannel: boolean;
  readonly #outcome: Outcome;

  constructor(model: Model, { perChannel }: Pick<SchemeOptions, 'perChannel'>, outcome: Outcome) {
    this.#model = model;
    this.#perChannel = perChannel;
    this.#outcome = outcome;
  }

  /** @param layers with the reason why they are not on integers */
  add(layers: ReadonlyMap<Node, string>, expansion: Expansion): void {
    const weights = new DequantizedWeights(this.#model, expansion);
    for (const [node, reason] of layers) {
      const places = weightPlaces(node);
      if (places.length === 0) continue;
      for (const index of places) {
        const axis = this.#perChannel ? channelAxis(node, index) : null;
        weights.replace(node, index, { type: 'int8', symmetric: true, reduceRange: false, axis });
      }
      this.nodes.add(node);
      this.#outcome.change(node.label, `its weight is stored as int8, its arithmetic is float: ${reason}`);
    }
    for (const value of weights.retired) this.retired.add(value);
  }
}

/** Inputs with constants that are worth it. */
function weightPlaces(node: Node): readonly number[] {
  const role = specOf(node)?.quant;
  if (role?.kind !== 'compute') return [];
  return role.weights.filter((index) => {
    const weight = node.constant(index);
    return weight?.dtype === 'float32' && weight.size >= WORTHWHILE && weight.dims.length > 1;
  });
}
