/** Removes what nothing needs: nodes, initializers, functions, opset imports. */
import type { Graph } from '../ir/graph.ts';
import type { Model, ModelFunction } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { allGraphs, allNodes, topologicalOrder } from '../ir/walk.ts';
import type { TensorAnnotationProto } from '../onnx/proto.ts';
import { functionKey } from './function-key.ts';
import type { Pass, PassScope } from './pass.ts';

export const removeDead: Pass = {
  name: 'remove-dead',
  summary: 'remove unused nodes, initializers, functions and opset imports',
  run(model, scope) {
    // Inner graphs first: what only they captured is then seen to be unused.
    for (const graph of [...allGraphs(model)].reverse()) removeNodes(graph, scope);
    removeFunctions(model, scope);
    for (const graph of allGraphs(model)) removeInitializers(model, graph, scope);
    removeImports(model, scope);
  },
};

/** Dead nodes go in reverse order, so that what fed them is seen afterwards. */
function removeNodes(graph: Graph, { changed }: PassScope): void {
  for (const node of (topologicalOrder(graph) ?? graph.nodes).reverse()) {
    const outputs = node.outputs.filter((value) => value !== null);
    if (outputs.length === 0 || outputs.some((value) => value.useCount > 0 || value.isGraphOutput)) continue;
    changed('removed unused node', node.label);
    graph.remove(node);
  }
  const before = graph.valueInfo;
  const alive = before.filter((value) => value.producer !== null || value.tensor !== null);
  if (alive.length < before.length) graph.valueInfo = alive;
}

/** From IR 4 on an initializer that is also an input is part of the model's interface and stays. */
function removeInitializers(model: Model, graph: Graph, { changed }: PassScope): void {
  const inputs = new Set(model.irVersion >= 4 ? graph.inputs : []);
  const annotated = annotationNames(graph);
  for (const value of graph.initializers) {
    if (value.useCount > 0 || value.isGraphOutput || inputs.has(value) || annotated.has(value.name)) continue;
    changed('removed unused initializer', value.name);
    graph.removeInitializer(value);
  }
}

/** Scales and zero points that only a quantization annotation names. */
function annotationNames(graph: Graph): Set<string> {
  const annotations = (graph.rest?.['quantization_annotation'] ?? []) as readonly TensorAnnotationProto[];
  const entries = annotations.flatMap((annotation) => annotation.quant_parameter_tensor_names ?? []);
  return new Set(entries.map((entry) => entry.value ?? ''));
}

/** Functions nobody calls, from the main graph or from functions that are called. */
function removeFunctions(model: Model, { changed }: PassScope): void {
  const byKey = new Map(model.functions.map((fn) => [functionKey(fn.domain, fn.name, fn.overload), fn]));
  const needed = new Set<ModelFunction>();
  const visit = (nodes: Iterable<Node>): void => {
    for (const node of nodes) {
      const fn = byKey.get(functionKey(node.domain, node.op, node.overload));
      if (!fn || needed.has(fn)) continue;
      needed.add(fn);
      visit(nodesOf(fn.graph));
    }
  };
  visit(allNodes(model, { functions: false }));
  const gone = model.functions.filter((fn) => !needed.has(fn));
  for (const fn of gone) changed('removed unused function', functionKey(fn.domain, fn.name, fn.overload));
  if (gone.length > 0) model.functions = model.functions.filter((fn) => needed.has(fn));
}

function* nodesOf(graph: Graph): Generator<Node> {
  for (const node of graph) {
    yield node;
    for (const body of node.subgraphs) yield* nodesOf(body);
  }
}

/** Imports of domains that no node is from; ai.onnx stays, every model has it. */
function removeImports(model: Model, { changed }: PassScope): void {
  const used = new Set(['', ...model.functions.map((fn) => fn.domain)]);
  for (const node of allNodes(model)) used.add(node.domain);
  for (const domain of [...model.opsets.keys()]) {
    if (used.has(domain)) continue;
    model.opsets.delete(domain);
    changed('removed unused opset import', domain);
  }
}
