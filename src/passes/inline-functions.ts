/** Calls of model-local functions are replaced by what the functions do, so that their weights can be seen. */
import type { Attribute } from '../ir/attribute.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model, ModelFunction } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { copyNodes } from './copy-nodes.ts';
import {
  bodyNodes,
  bodyRefusal,
  boundAttributes,
  calledFunction,
  type FunctionTable,
  functionTable,
} from './function-call.ts';
import type { Pass, PassScope } from './pass.ts';

export const inlineFunctions: Pass = {
  name: 'inline-functions',
  summary: 'replace calls of model-local functions by their bodies',
  run(model, scope) {
    const table = functionTable(model);
    if (table.size === 0) return;
    const refusals = new Map(model.functions.map((fn) => [fn, bodyRefusal(model, fn, table)]));
    for (const graph of allGraphs(model, { functions: false }))
      for (const node of graph) visit(model, node, table, refusals, scope);
  },
};

/** Inlines the node when it is a call, then the calls in what came of it. */
function visit(
  model: Model,
  node: Node,
  table: FunctionTable,
  refusals: ReadonlyMap<ModelFunction, string | null>,
  scope: PassScope,
): void {
  const fn = calledFunction(node, table);
  const { graph, label } = node;
  if (!fn || !graph) return;
  const attributes = boundAttributes(node, fn);
  const refusal = refusals.get(fn) ?? (typeof attributes === 'string' ? attributes : null);
  if (refusal || typeof attributes === 'string') {
    scope.kept(label, refusal ?? '');
    return;
  }
  const copies = inline(graph, node, fn, attributes);
  for (const inner of bodyNodes(fn)) {
    const version = fn.opsets.get(inner.domain);
    if (version !== undefined && !model.opsets.has(inner.domain)) model.opsets.set(inner.domain, version);
  }
  scope.changed(`inlined ${fn.name}`, label);
  for (const copy of copies) visit(model, copy, table, refusals, scope);
}

function inline(
  graph: Graph,
  call: Node,
  fn: ModelFunction,
  attributes: ReadonlyMap<string, Attribute>,
): Node[] {
  const values = new Map<Value, Value | null>();
  for (const [index, formal] of fn.graph.inputs.entries()) values.set(formal, call.input(index));
  // An output that is an input, or comes twice, needs a node of its own to be made by.
  const handed: (readonly [formal: Value, actual: Value])[] = [];
  for (const [index, formal] of fn.graph.outputs.entries()) {
    const actual = call.output(index);
    if (!actual) continue;
    if (formal.producer && !values.has(formal)) values.set(formal, actual);
    else handed.push([formal, actual]);
  }
  const prefix = call.name || (call.output()?.name ?? fn.name);
  const copies = copyNodes(fn.graph, graph, call, { values, attributes, prefix });
  for (const [formal, actual] of handed) {
    const from = values.get(formal) ?? null;
    copies.push(graph.insertBefore(call, { op: 'Identity', inputs: [from], outputs: [actual] }));
  }
  graph.remove(call);
  return copies;
}
