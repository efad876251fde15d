/** A model that ends where its last layers do. */
import type { Model } from '../../src/ir/model.ts';
import type { Node } from '../../src/ir/node.ts';
import type { Value } from '../../src/ir/value.ts';
import { specOf } from '../../src/ops/table.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';

/**
 * Makes what the last layers compute the outputs, in place: behind them a rounding error may choose another maximum, and
 * a sigmoid may make zero of everything. Models without layers in the main graph keep theirs.
 */
export async function endAtLastLayers(model: Model): Promise<void> {
  await inferTypes(model);
  const { graph } = model;
  const ends = new Set<Value>();
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    const { producer } = value;
    if (seen.has(value) || !producer) return;
    seen.add(value);
    if (isLayer(producer) || producer.subgraphs.length > 0) ends.add(value);
    else for (const input of producer.inputs) if (input) visit(input);
  };
  for (const output of graph.outputs) visit(output);
  const layers = [...ends].filter(({ type }) => type !== null);
  if (layers.length > 0) graph.outputs = layers;
}

function isLayer(node: Node): boolean {
  const role = specOf(node)?.quant;
  return role?.kind === 'compute' && role.weights.length > 0;
}
