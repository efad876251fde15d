/** Strips what exporters leave for people and debuggers: doc strings, metadata entries, value_info. */
import type { Attribute } from '../ir/attribute.ts';
import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/node.ts';
import { type Rest, Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import type { Pass, PassScope } from './pass.ts';

const NOTES = ['doc_string', 'metadata_props'] as const;

type Report = PassScope['changed'];

export const strip: Pass = {
  name: 'strip',
  summary: 'drop doc strings, metadata of nodes, values and tensors, and value_info',
  keepsNames: true,
  run(model, { changed }) {
    model.rest = without(model.rest, 'model', changed);
    for (const graph of allGraphs(model)) stripGraph(graph, changed);
    model.functions = model.functions.map((fn) => ({ ...fn, rest: without(fn.rest, fn.name, changed) }));
  },
};

/** Model-level entries are read by applications (class names, image sizes), so they go only when asked for. */
export const stripModelMetadata: Pass = {
  name: 'strip-model-metadata',
  summary: 'drop the metadata entries of the model itself',
  keepsNames: true,
  run(model, { changed }) {
    for (const key of model.metadata.keys()) changed('dropped model metadata', key);
    model.metadata.clear();
  },
};

function stripGraph(graph: Graph, changed: Report): void {
  const label = `graph '${graph.name}'`;
  graph.rest = without(graph.rest, label, changed);
  for (const value of [...graph.inputs, ...graph.outputs]) stripValue(value, changed);
  if (graph.valueInfo.length > 0) {
    for (const value of graph.valueInfo) changed('dropped value_info', value.name);
    for (const value of graph.valueInfo) {
      if (value.isGraphOutput) continue;
      value.rest = null;
      if (!value.tensor) value.type = null;
    }
    graph.valueInfo = [];
  }
  for (const value of graph.initializers)
    if (value.tensor) value.tensor = stripTensor(value.tensor, value.name, changed);
  for (const node of graph) stripNode(node, changed);
}

function stripNode(node: Node, changed: Report): void {
  node.rest = without(node.rest, node.label, changed);
  for (const [name, attribute] of node.attributes) {
    const place = `${node.label} ${name}`;
    const rest = without(attribute.rest ?? null, place, changed);
    const bare: Attribute = rest === attribute.rest ? attribute : { ...attribute, rest: rest ?? undefined };
    if (bare.kind === 'tensor')
      node.attributes.set(name, { ...bare, value: stripTensor(bare.value, place, changed) });
    else if (bare !== attribute) node.attributes.set(name, bare);
  }
}

function stripValue(value: Value, changed: Report): void {
  value.rest = without(value.rest, value.name, changed);
}

function stripTensor(tensor: Tensor, name: string, changed: Report): Tensor {
  const rest = without(tensor.rest, name, changed);
  if (rest === tensor.rest) return tensor;
  const { dtype, dims, source, strings } = tensor;
  return new Tensor({ dtype, dims, source, strings: strings ?? undefined, rest: rest ?? undefined });
}

/** The record without its notes; the same object when it has none. */
function without(rest: Rest | null, place: string, changed: Report): Rest | null {
  const present = NOTES.filter((key) => rest?.[key] !== undefined);
  if (!rest || present.length === 0) return rest;
  const bare = { ...rest };
  for (const key of present) {
    delete bare[key];
    changed(`dropped ${key}`, place);
  }
  return bare;
}
