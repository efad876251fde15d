/** Walks over a model: every graph, every node, topological order. */
import type { Graph } from './graph.ts';
import type { Model } from './model.ts';
import type { Node } from './node.ts';
import type { Value } from './value.ts';

/** The graph and every graph nested in it, outer before inner. */
export function* graphsIn(graph: Graph): Generator<Graph> {
  yield graph;
  for (const node of graph) for (const body of node.subgraphs) yield* graphsIn(body);
}

/** Every graph of the model: main, subgraphs, and function bodies unless told otherwise. */
export function* allGraphs(model: Model, options: { functions?: boolean } = {}): Generator<Graph> {
  yield* graphsIn(model.graph);
  if (options.functions !== false) for (const fn of model.functions) yield* graphsIn(fn.graph);
}

/** Every node of the model, subgraphs and functions included. */
export function* allNodes(model: Model, options: { functions?: boolean } = {}): Generator<Node> {
  for (const graph of allGraphs(model, options)) yield* graph;
}

/** What bodies use from around them, found once for each graph. */
export type Captures = Map<Graph, ReadonlySet<Value>>;

/** Values a node needs: its inputs and everything its subgraphs use that they do not compute themselves. */
export function dependencies(node: Node, known: Captures = new Map()): Set<Value> {
  const found = new Set<Value>();
  for (const value of node.inputs) if (value) found.add(value);
  for (const body of node.subgraphs) for (const value of capturesOf(body, known)) found.add(value);
  return found;
}

function capturesOf(graph: Graph, known: Captures): ReadonlySet<Value> {
  const before = known.get(graph);
  if (before) return before;
  const found = new Set<Value>();
  const add = (value: Value): void => {
    if (value.producer?.graph !== graph) found.add(value);
  };
  for (const node of graph) for (const value of dependencies(node, known)) add(value);
  for (const value of graph.outputs) add(value);
  known.set(graph, found);
  return found;
}

/**
 * Nodes of one graph in topological order, file order where that is free to choose.
 * Returns null when the graph has a cycle. With many graphs nested in each other, share `known` among the calls.
 */
export function topologicalOrder(graph: Graph, known: Captures = new Map()): Node[] | null {
  const nodes = graph.nodes;
  const position = new Map(nodes.map((node, index) => [node, index]));
  const waiting = new Int32Array(nodes.length);
  const consumers: number[][] = nodes.map(() => []);
  for (const [index, node] of nodes.entries()) {
    const producers = new Set<number>();
    for (const value of dependencies(node, known)) {
      const from = value.producer ? position.get(value.producer) : undefined;
      if (from !== undefined) producers.add(from);
    }
    waiting[index] = producers.size;
    for (const from of producers) consumers[from]?.push(index);
  }
  return drain(nodes, waiting, consumers);
}

// Kahn's algorithm with a binary heap on the file position, so that a sorted file keeps its order.
function drain(nodes: readonly Node[], waiting: Int32Array, consumers: readonly number[][]): Node[] | null {
  const heap: number[] = [];
  const push = (item: number): void => {
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= item) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = item;
  };
  const pop = (): number => {
    const top = heap[0] as number;
    const last = heap.pop() as number;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= last) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = last;
    return top;
  };
  for (let index = 0; index < nodes.length; index++) if (waiting[index] === 0) push(index);
  const order: Node[] = [];
  while (heap.length > 0) {
    const index = pop();
    order.push(nodes[index] as Node);
    for (const consumer of consumers[index] ?? []) {
      waiting[consumer] = (waiting[consumer] as number) - 1;
      if (waiting[consumer] === 0) push(consumer);
    }
  }
  return order.length === nodes.length ? order : null;
}
