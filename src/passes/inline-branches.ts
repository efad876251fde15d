/** A branch whose condition is known is replaced by what it does, so that its weights can be seen. */
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs, dependencies, graphsIn } from '../ir/walk.ts';
import { Constants } from './constants.ts';
import { copyNodes } from './copy-nodes.ts';
import type { Pass, PassScope } from './pass.ts';

export const inlineBranches: Pass = {
  name: 'inline-branches',
  summary: 'replace branches whose condition is constant by the side that is taken',
  run(model, scope) {
    const constants = new Constants(model);
    for (const graph of allGraphs(model, { functions: false }))
      for (const node of graph) visit(model, node, constants, scope);
  },
};

/** Takes the side of a branch that is known, then those of branches in what came of it. */
function visit(model: Model, node: Node, constants: Constants, scope: PassScope): void {
  const side = node.opType === 'If' ? sideOf(node, constants) : null;
  if (!side || !node.graph) return;
  const { label } = node;
  const copies = inline(node.graph, node, side);
  scope.changed('took the only side of a branch', label);
  for (const copy of copies) visit(model, copy, constants, scope);
}

function sideOf(node: Node, constants: Constants): Graph | null {
  const condition = constants.tensor(node.input(0));
  if (condition?.dtype !== 'bool' || condition.size !== 1) return null;
  const taken = Number(condition.array()[0]) !== 0 ? 'then_branch' : 'else_branch';
  const side = node.attributes.get(taken);
  return side?.kind === 'graph' ? side.value : null;
}

function inline(graph: Graph, node: Node, side: Graph): Node[] {
  const prefix = node.name || (node.output()?.name ?? 'branch');
  const values = new Map<Value, Value | null>();
  // What the side uses from around it stays what it is.
  const inside = new Set(graphsIn(side));
  for (const value of dependencies(node)) if (!inside.has(value.graph)) values.set(value, value);
  for (const value of side.initializers)
    if (value.tensor) values.set(value, graph.addInitializer(`${prefix}/${value.name}`, value.tensor));
  // An output that is no result of the side, or comes twice, needs a node of its own to be made by.
  const handed: (readonly [from: Value, to: Value])[] = [];
  for (const [index, result] of side.outputs.entries()) {
    const output = node.output(index);
    if (!output) continue;
    if (result.producer && !values.has(result)) values.set(result, output);
    else handed.push([result, output]);
  }
  const copies = copyNodes(side, graph, node, { values, attributes: new Map(), prefix });
  for (const [from, to] of handed)
    copies.push(
      graph.insertBefore(node, { op: 'Identity', inputs: [values.get(from) ?? null], outputs: [to] }),
    );
  graph.remove(node);
  return copies;
}
