/** Byte-equal constants become one; of large tensors no more is read than it takes to tell them apart. */
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { unlistConstants } from './constants.ts';
import { equalGroups } from './equal-tensors.ts';
import type { Pass, PassScope } from './pass.ts';
import { hidden } from './rewire.ts';

/** Below this, computing twice is nothing. */
const PENDING_BYTES = 1 << 12;

export const mergeInitializers: Pass = {
  name: 'merge-initializers',
  summary: 'keep one of every set of equal initializers',
  run(model, scope) {
    const candidates: Value[] = [];
    for (const graph of allGraphs(model, { functions: false })) {
      const inputs = new Set(model.irVersion >= 4 ? graph.inputs : []);
      for (const value of graph.initializers)
        if (value.tensor && !isPending(value.tensor) && !value.isGraphOutput && !inputs.has(value))
          candidates.push(value);
    }
    for (const group of equalGroups(candidates, scope.context.signal)) mergeGroup(model, group, scope);
  },
};

/** Large tensors that a pass or a quantizer made, to be computed when they are written: not now as well. */
function isPending({ source, rest, byteLength }: Tensor): boolean {
  return source.computed === true && rest === null && byteLength > PENDING_BYTES;
}

/**
 * Merges equal constants. They stay in the graph they are in when all are there, else move to the innermost graph
 * around all.
 */
export function mergeGroup(model: Model, all: readonly Value[], { changed, kept }: PassScope): void {
  // What a graph hands out keeps its name, so it stays.
  const group = all.filter((value) => !value.isGraphOutput);
  if (group.length < 2) return;
  const home = group.map((value) => value.graph).reduce(commonGraph);
  let keeper = group.find((value) => value.graph === home);
  if (!keeper) {
    const [first] = group;
    if (!first?.tensor) return;
    unlistConstants(model);
    keeper = home.addInitializer(first.name, first.tensor);
  }
  for (const value of group) {
    if (value === keeper) continue;
    if (hidden(keeper, value)) {
      kept(value.name, `'${keeper.name}' means another value in a graph that uses '${value.name}'`);
      continue;
    }
    value.replaceAllUsesWith(keeper);
    value.graph.removeInitializer(value);
    changed(value.graph === home ? 'merged initializer' : 'merged initializer of a subgraph', value.name);
  }
}

function commonGraph(a: Graph, b: Graph): Graph {
  const around = new Set<Graph>();
  for (let graph: Graph | null = a; graph; graph = graph.parent) around.add(graph);
  let graph = b;
  while (!around.has(graph) && graph.parent) graph = graph.parent;
  return graph;
}
