/** `--parity ort --format qoperator`: quantize_static with QuantFormat.QOperator, node after node. */
import type { Graph } from '../../../../ir/graph.ts';
import type { Node } from '../../../../ir/node.ts';
import { isFloat } from '../marks.ts';
import { QRULES } from './rules.ts';
import { QOperatorState, type StateOptions } from './state.ts';

/** Edits the graph in place; returns the labels of the nodes that run on integers. */
export function quantizeToQOperators(
  graph: Graph,
  options: StateOptions,
  isSelected: (node: Node) => boolean,
): readonly string[] {
  const state = new QOperatorState(graph, options);
  for (const node of graph.nodes) {
    const rule =
      isSelected(node) && node.inputs.some((value) => value && isFloat(value)) ? QRULES[node.op] : undefined;
    if (!rule?.(state, node)) for (const value of node.inputs) state.restore(value);
  }
  state.finish();
  return state.changed;
}
