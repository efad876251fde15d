/** Cuts the main graph at chosen values, so that it can be run piece by piece with what crosses the cuts kept. */
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { type Captures, dependencies, topologicalOrder } from '../../ir/walk.ts';

/** Everything between one stop and the next. */
export interface Segment {
  /** The value this segment ends at. */
  readonly stop: Value;
  /** What it takes to compute the stop and has not been computed before, in order; empty when nothing is missing. */
  readonly nodes: readonly Node[];
  /** Graph inputs and values of earlier segments that the nodes read. */
  readonly needs: readonly Value[];
  /** Values that later segments or a stop read. */
  readonly gives: readonly Value[];
  readonly constants: readonly Value[];
}

/** The segments in the order they can run. A stop never depends on nodes that read a later stop. */
export function cutAt(graph: Graph, stops: readonly Value[]): Segment[] {
  const order = topologicalOrder(graph) ?? [];
  const place = new Map(order.map((node, index) => [node, index]));
  const placeOf = ({ producer }: Value): number => (producer && place.get(producer)) ?? -1;
  const sorted = [...new Set(stops)].sort((a, b) => placeOf(a) - placeOf(b));
  const known: Captures = new Map();
  const done = new Set<Node>();
  const pieces = sorted.map((stop) => {
    const nodes = ancestors(stop, done, place, known);
    for (const node of nodes) done.add(node);
    return { stop, nodes, ...readBy(nodes, known) };
  });
  return pieces.map((piece, index) => {
    const wanted = new Set(pieces.slice(index + 1).flatMap(({ needs }) => needs));
    for (const stop of sorted) wanted.add(stop);
    const made = piece.nodes.flatMap(({ outputs }) => outputs.filter((value) => value !== null));
    return { ...piece, gives: made.filter((value) => wanted.has(value)) };
  });
}

/** Nodes that lead to `value` and are not done, in order. */
function ancestors(
  value: Value,
  done: ReadonlySet<Node>,
  place: ReadonlyMap<Node, number>,
  known: Captures,
): Node[] {
  const found = new Set<Node>();
  const waiting = [value];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { producer } = next;
    if (!producer || !place.has(producer) || done.has(producer) || found.has(producer)) continue;
    found.add(producer);
    waiting.push(...dependencies(producer, known));
  }
  return [...found].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
}

function readBy(nodes: readonly Node[], known: Captures): Pick<Segment, 'needs' | 'constants'> {
  const own = new Set(nodes);
  const needs = new Set<Value>();
  const constants = new Set<Value>();
  for (const node of nodes)
    for (const value of dependencies(node, known))
      if (value.tensor) constants.add(value);
      else if (!value.producer || !own.has(value.producer)) needs.add(value);
  return { needs: [...needs], constants: [...constants] };
}
