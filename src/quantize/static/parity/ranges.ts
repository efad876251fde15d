/** Ranges as onnxruntime's static quantizer takes them: which values are looked at, and what its operators do to them. */
import type { Graph } from '../../../ir/graph.ts';
import type { Node } from '../../../ir/node.ts';
import type { Value } from '../../../ir/value.ts';
import type { ValueRange } from '../parameters.ts';
import { isFloat } from './marks.ts';
import { RULES } from './rules.ts';

/** Computed float values that an operator with a rule reads or makes. */
export function calibratedValues(graph: Graph): ReadonlySet<Value> {
  const values = new Set<Value>();
  for (const node of graph)
    if (RULES[node.op])
      for (const value of [...node.inputs, ...node.outputs])
        if (value && isFloat(value) && !value.tensor) values.add(value);
  return values;
}

/** How the range of one operator's values follows from it rather than from the data. */
const ADJUST: Readonly<Record<string, (ranges: Map<Value, ValueRange>, node: Node, graph: Graph) => void>> = {
  Clip: cutOff,
  Relu: cutOff,
  Softmax: (ranges, node) => {
    const output = node.output();
    if (output && ranges.has(output)) ranges.set(output, { min: 0, max: 1 });
  },
};

/** What is cut off needs no codes. */
function cutOff(ranges: Map<Value, ValueRange>, node: Node, graph: Graph): void {
  const [input, output] = [node.input(0), node.output()];
  const range = output ? ranges.get(output) : undefined;
  if (!input || !range || !ranges.has(input)) return;
  if (input.uses.filter((use) => use.node.graph === graph).length === 1) ranges.set(input, range);
}

/** Changes ranges in place, in the order of the nodes. */
export function adjustRanges(
  graph: Graph,
  ranges: Map<Value, ValueRange>,
  isSelected: (node: Node) => boolean,
): void {
  for (const node of graph) if (isSelected(node)) ADJUST[node.op]?.(ranges, node, graph);
}
