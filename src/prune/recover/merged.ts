/** Two versions of a model in one graph, fed with the same inputs, so that what both compute can be compared on the way. */
import type { Model } from '../../ir/model.ts';
import { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { cloneModel } from '../../onnx/read.ts';

export interface Merged {
  readonly model: Model;
  /** The value of the first model of this name. */
  first(name: string): Value | null;
  /** What became of a value of the second model of this name. */
  second(name: string): Value | null;
  /** What became of a node of the second model, by the name of its first output. */
  nodeOf(output: string): Node | null;
}

/** Null for models with graphs in their nodes: what these capture would have to be renamed in them. */
export function mergeModels(first: Model, second: Model): Merged | null {
  if ([first, second].some(({ graph }) => graph.nodes.some((node) => node.subgraphs.length > 0))) return null;
  const model = cloneModel(first);
  const { graph } = model;
  const originals = new Map<string, Value>();
  for (const value of [
    ...graph.inputs,
    ...graph.initializers,
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ])
    if (value) originals.set(value.name, value);
  const copies = new Map<Value, Value>();
  const nodes = new Map<string, Node>();
  for (const input of second.graph.inputs) {
    const same = originals.get(input.name);
    if (!same) return null;
    copies.set(input, same);
  }
  for (const value of second.graph.initializers)
    if (value.tensor && !copies.has(value)) copies.set(value, graph.addInitializer(value.name, value.tensor));
  for (const node of second.graph) {
    const outputs = node.outputs.map((value) => {
      if (!value) return null;
      const copy = graph.value(value.name);
      copy.type = value.type;
      copies.set(value, copy);
      return copy;
    });
    const inputs = node.inputs.map((value) => (value ? (copies.get(value) ?? null) : null));
    const copy = new Node({
      op: node.op,
      domain: node.domain,
      name: graph.uniqueNodeName(node.name || 'second'),
      inputs,
      outputs,
      attributes: node.attributes,
    });
    graph.append(copy);
    const name = node.output()?.name;
    if (name) nodes.set(name, copy);
  }
  const byName = new Map([...copies].map(([value, copy]) => [value.name, copy]));
  return {
    model,
    first: (name) => originals.get(name) ?? null,
    second: (name) => byName.get(name) ?? null,
    nodeOf: (output) => nodes.get(output) ?? null,
  };
}
