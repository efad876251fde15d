/** Rewiring: taking a node out of the way of a value. */
import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';

/**
 * Removes a node that hands its input `from` on unchanged as its output `to`: users of `to` read `from` instead.
 * An output of a graph keeps its name, so there the producer of `from` takes over the name, when it can.
 * @returns why the node must stay, or null when it is gone
 */
export function bypass(node: Node, from: Value, to: Value): string | null {
  const { graph } = node;
  if (!graph) return 'it is in no graph';
  if (to.isGraphOutput) return takeOver(graph, node, from, to);
  if (hidden(from, to)) return `'${from.name}' means another value in a graph that uses '${to.name}'`;
  to.replaceAllUsesWith(from);
  graph.remove(node);
  return null;
}

/** `to` is an output of its graph: the node that makes `from` makes `to` instead. */
function takeOver(graph: Graph, node: Node, from: Value, to: Value): string | null {
  const { producer } = from;
  if (!producer || producer.graph !== graph || from.isGraphOutput)
    return `'${to.name}' is a graph output and '${from.name}' ${producer ? 'another' : 'an input or a constant'}`;
  if (hidden(to, from)) return `'${to.name}' means another value in a graph that uses '${from.name}'`;
  graph.remove(node);
  from.replaceAllUsesWith(to);
  producer.setOutput(producer.outputs.indexOf(from), to);
  return null;
}

/** True when a subgraph that uses `old` has a value of its own by the name of `replacement`. */
export function hidden(replacement: Value, old: Value): boolean {
  for (const { node } of old.uses)
    for (let graph = node.graph; graph && graph !== replacement.graph; graph = graph.parent)
      if (defines(graph, replacement.name)) return true;
  return false;
}

function defines(graph: Graph, name: string): boolean {
  for (const value of [...graph.inputs, ...graph.initializers]) if (value.name === name) return true;
  for (const node of graph) if (node.outputs.some((value) => value?.name === name)) return true;
  return false;
}
