/** The float32 values a conversion is about, and where they are used. */
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Rest } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { allGraphs } from '../../ir/walk.ts';

export function isFloat32(value: Value | null): value is Value {
  return value?.dtype === 'float32';
}

/** Every graph of the model but function bodies, outer before inner. */
export function graphsOf(model: Model): Graph[] {
  return [...allGraphs(model, { functions: false })];
}

/** Float32 values of a graph in the order of their making: inputs, constants, node outputs. */
export function floatsIn(graph: Graph): Value[] {
  const made = graph.nodes.flatMap((node) => node.outputs);
  return [...new Set([...graph.inputs, ...graph.initializers, ...made])].filter(isFloat32);
}

/** Inputs and outputs of a node that are there. */
export function valuesOf(node: Node): Value[] {
  return [...node.inputs, ...node.outputs].filter((value) => value !== null);
}

/** Where a value leaves a graph: a body's result may be a value of a graph around it. */
export interface Exit {
  readonly graph: Graph;
  readonly index: number;
}

export function exitsOf(model: Model): Map<Value, Exit[]> {
  const exits = new Map<Value, Exit[]>();
  for (const graph of graphsOf(model))
    for (const [index, value] of graph.outputs.entries()) {
      const known = exits.get(value);
      if (known) known.push({ graph, index });
      else exits.set(value, [{ graph, index }]);
    }
  return exits;
}

/** Sparse initializers are not modelled, so their type is only in the file's words: float32 is written down here. */
export function typeSparseInitializers(model: Model): void {
  for (const graph of graphsOf(model)) {
    const sparse = (graph.rest?.['sparse_initializer'] ?? []) as readonly { readonly values?: Rest }[];
    const names = new Set(
      sparse.flatMap(({ values }) => (values?.['data_type'] === 1 ? [values['name']] : [])),
    );
    if (names.size === 0) continue;
    for (const inner of graphsOf(model))
      for (const node of inner)
        for (const value of node.inputs)
          if (value && value.graph === graph && !value.producer && !value.tensor && names.has(value.name))
            value.type ??= { dtype: 'float32', shape: null };
  }
}
