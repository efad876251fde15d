/** The ai.onnx version a graph is written in: the model's, or that of the function it is in. */
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { functionKey } from './function-key.ts';

/** Version of ai.onnx that holds for the nodes of `graph`. */
export function opsetOf(model: Model, graph: Graph): number {
  const top = topOf(graph);
  const fn = model.functions.find((each) => each.graph === top);
  return (fn ? fn.opsets.get('') : model.opsets.get('')) ?? 0;
}

/** True for graphs inside a model-local function; they have no initializers. */
export function isFunctionBody(model: Model, graph: Graph): boolean {
  return topOf(graph) !== model.graph;
}

function topOf(graph: Graph): Graph {
  let top = graph;
  while (top.parent) top = top.parent;
  return top;
}

/** Tells calls of model-local functions from operators. */
export function callsFunction(model: Model): (node: Node) => boolean {
  const keys = new Set(model.functions.map((fn) => functionKey(fn.domain, fn.name, fn.overload)));
  return (node) => keys.has(functionKey(node.domain, node.op, node.overload));
}
