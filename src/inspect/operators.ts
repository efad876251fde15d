/** The operators of a model with their counts, work, weights, and what llmc can do with each. */
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs, allNodes, topologicalOrder } from '../ir/walk.ts';
import type { OpSpec } from '../ops/spec.ts';
import { type Support, supportOf } from '../ops/support.ts';
import { specOf } from '../ops/table.ts';

export interface OperatorRow extends Support {
  readonly type: string;
  readonly count: number;
  /** Of these, how many are in subgraphs and functions. */
  readonly nested: number;
  /** Of these, how many have a constant where the operator may have a weight; null for operators without weights. */
  readonly withWeights: number | null;
  readonly macs: number | null;
}

/** One row for each operator type: the most work first, then the most frequent. */
export function operatorRows(
  model: Model,
  weighted: ReadonlySet<Node>,
  macs: ReadonlyMap<Node, number>,
): OperatorRow[] {
  const byType = new Map<string, Node[]>();
  for (const node of allNodes(model)) {
    const alike = byType.get(node.opType);
    if (alike) alike.push(node);
    else byType.set(node.opType, [node]);
  }
  const rows = [...byType].map(([type, nodes]): OperatorRow => {
    const spec = nodes[0] ? specOf(nodes[0]) : null;
    const places = weightInputs(spec);
    const counts = nodes.flatMap((node) => macs.get(node) ?? []);
    return {
      type,
      count: nodes.length,
      nested: nodes.filter((node) => node.graph !== model.graph).length,
      withWeights: places.length === 0 ? null : nodes.filter((node) => weighted.has(node)).length,
      macs: counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0),
      ...supportOf(spec),
    };
  });
  return rows.sort(
    (a, b) => (b.macs ?? 0) - (a.macs ?? 0) || b.count - a.count || (a.type < b.type ? -1 : 1),
  );
}

function weightInputs(spec: OpSpec | null): readonly number[] {
  const quant = spec?.quant;
  return quant?.kind === 'compute' || quant?.kind === 'lookup' ? quant.weights : [];
}

/** Nodes with a constant where their operator may have a weight; to be asked before shapes are made concrete. */
export function nodesWithWeights(model: Model): Set<Node> {
  const constants = constantValues(model);
  const isConstant = (value: Value | null) => value !== null && constants.has(value);
  const found = [...allNodes(model)].filter((node) =>
    weightInputs(specOf(node)).some((index) => isConstant(node.input(index))),
  );
  return new Set(found);
}

/** Values fixed by the file: constants, and what is computed from nothing else. */
function constantValues(model: Model): Set<Value> {
  const found = new Set<Value>();
  const isConstant = (value: Value | null) => value === null || value.tensor !== null || found.has(value);
  for (const graph of allGraphs(model)) {
    for (const value of graph.initializers) if (value.tensor) found.add(value);
    for (const node of topologicalOrder(graph) ?? []) {
      if (node.subgraphs.length > 0 || specOf(node)?.random || !node.inputs.every(isConstant)) continue;
      for (const value of node.outputs) if (value) found.add(value);
    }
  }
  return found;
}
