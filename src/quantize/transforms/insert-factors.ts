/** A Mul in front of products whose activation nobody else can scale. */

import { Builder } from '../../ir/builder.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Contraction } from './contractions.ts';
import { applyScales } from './scaling/apply-scales.ts';

/**
 * Divides the activation that all contractions read by the factors and multiplies their weights, in place.
 * @param factors [size]
 * @returns why that cannot be done, or null
 */
export function insertFactors(contractions: readonly Contraction[], factors: Float64Array): string | null {
  const [first] = contractions;
  const graph = first?.node.graph;
  const rank = first?.value.rank ?? null;
  if (!first || !graph || rank === null) return 'the rank of its activation is unknown';
  if (contractions.some(({ node }) => node.graph !== graph))
    return 'its activation is read in several graphs';
  const shared = contractions.find(({ node, weight }) => node.input(weight)?.useCount !== 1);
  if (shared) return `the weight of ${shared.node.label} is used elsewhere too`;
  const { value, axis, size } = first;
  applyScales(
    {
      size,
      values: new Map(),
      constants: contractions.map(({ node, weight, data, map }) => ({
        value,
        node,
        input: weight,
        map,
        exponent: 1,
        against: data,
      })),
    },
    factors,
  );
  const dims = [size, ...Array.from({ length: rank - 1 - axis }, () => 1)];
  const inverse = Tensor.of(
    'float32',
    dims,
    Float32Array.from(factors, (factor) => 1 / factor),
  );
  const constant = graph.addInitializer(`${value.name}_inverse_scales`, inverse);
  const scaled = new Builder(graph, { before: firstOf(contractions.map(({ node }) => node)) }).op(
    'Mul',
    [value, constant],
    { output: `${value.name}_scaled`, type: value.type },
  );
  for (const { node, data } of contractions) node.setInput(data, scaled);
  return null;
}

/** The one that comes first in its graph. */
function firstOf(nodes: readonly Node[]): Node {
  const wanted = new Set(nodes);
  for (const node of nodes[0]?.graph ?? []) if (wanted.has(node)) return node;
  throw new Error('the nodes are in no graph');
}
