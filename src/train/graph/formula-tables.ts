/** Constants that were made by a formula, such as angles of positions: they look like weights and are none. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { specOf } from '../../ops/table.ts';

/**
 * What operators say is no parameter where it is constant (`tables`), and constants this is made of as long as no numbers
 * of the model's inputs take part: a table of cosines that rows are looked up in, not the layers that predict a grid.
 */
export function formulaTables(model: Model): ReadonlySet<Value> {
  const open: Value[] = [];
  for (const node of model.graph)
    for (const index of specOf(node)?.tables ?? []) {
      const value = node.input(index);
      if (value) open.push(value);
    }
  if (open.length === 0) return new Set();
  const carriers = carriersOfData(model);
  const seen = new Set<Value>();
  for (let value = open.pop(); value; value = open.pop()) {
    if (seen.has(value) || carriers.has(value)) continue;
    seen.add(value);
    for (const input of value.producer?.inputs ?? []) if (input) open.push(input);
  }
  return new Set([...seen].filter(({ tensor }) => tensor));
}

/** Values that depend on numbers of the model's inputs; whole numbers and shapes are no such. */
function carriersOfData({ graph }: Model): ReadonlySet<Value> {
  const found = new Set(graph.inputs.filter(({ dtype, tensor }) => dtype === 'float32' && !tensor));
  for (const node of graph) {
    if (specOf(node)?.shapeOnly || !node.inputs.some((input) => input && found.has(input))) continue;
    for (const output of node.outputs) if (output) found.add(output);
  }
  return found;
}
