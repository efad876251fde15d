/** Who reads a constant matrix and as what: as the weight of which inputs, or in some other way too. */
import type { Model } from '../../ir/model.ts';
import type { Use, Value } from '../../ir/value.ts';
import { contractionAxes } from '../../ops/contraction.ts';
import { transposedAxes } from '../../ops/nodes.ts';
import { specOf } from '../../ops/table.ts';

export interface MatrixUses {
  /** Names of the values it is multiplied with, summed over their last axis. */
  readonly inputs: ReadonlySet<string>;
  /** Its own axis that is summed over; null where uses differ. */
  readonly axis: number | null;
  /** True when something else reads it: a look-up, an operator in a body, a transposed product. */
  readonly others: boolean;
}

/** The uses of every constant matrix of the main graph, by name. Types must be known; ask before anything is rewritten. */
export function usesOfMatrices(model: Model): ReadonlyMap<string, MatrixUses> {
  const found = new Map<string, MatrixUses>();
  for (const value of model.graph.initializers) {
    if (value.tensor?.dims.length !== 2) continue;
    const products = value.uses.flatMap((use) => productsOf(use, model));
    const inputs = new Set<string>();
    const axes = new Set<number>();
    for (const product of products)
      if (product) {
        inputs.add(product.input.name);
        axes.add(product.axis);
      }
    const [axis = null] = axes;
    found.set(value.name, {
      inputs,
      axis: axes.size === 1 ? axis : null,
      others: products.includes(null) || value.isGraphOutput,
    });
  }
  return found;
}

interface Product {
  readonly input: Value;
  readonly axis: number;
}

/** The products a use is part of, through a Transpose; null for any other use. */
function productsOf({ node, index }: Use, model: Model): (Product | null)[] {
  if (node.graph !== model.graph) return [null];
  const from = transposedAxes(node, 2);
  if (from) {
    const output = node.output();
    const inner =
      output && !output.isGraphOutput ? output.uses.flatMap((use) => productsOf(use, model)) : [null];
    return inner.map((product) => product && { ...product, axis: from[product.axis] ?? product.axis });
  }
  const role = specOf(node)?.quant;
  const input = node.input(0);
  const [axis, ...more] = contractionAxes(node, index);
  if (role?.kind !== 'compute' || !role.weights.includes(index) || index === 0 || !input) return [null];
  const [summed] = contractionAxes(node, 0);
  const last = input.rank === null ? -1 : input.rank - 1;
  if (axis === undefined || more.length > 0 || input.tensor || summed !== last || last < 1) return [null];
  return [{ input, axis }];
}
