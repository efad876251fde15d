/** Replaces operators without a gradient rule of their own by those they are made of. */
import { Formula } from '../../ir/formula.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { derivativeOf } from '../../ops/derivative-of.ts';
import { NodeFacts } from './node-facts.ts';

/** Decompositions may write operators that are decomposed themselves; no operator needs more rounds. */
const ROUNDS = 4;

/**
 * Types the model and takes operators apart that state how; the outputs keep their names.
 * @param model changed in place; its inputs have concrete sizes
 * @param type gives all values their types
 * @throws LlmcError UNSUPPORTED naming the node that cannot be taken apart
 */
export async function decompose(model: Model, type: (model: Model) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await type(model);
    const compound = model.graph.nodes.filter((node) => decompositionOf(node) !== null);
    if (compound.length === 0) return;
    for (const node of compound) takeApart(node);
  }
}

function decompositionOf(node: Node) {
  const gradient = derivativeOf(node);
  return gradient && gradient !== 'none' && 'decompose' in gradient ? gradient.decompose : null;
}

function takeApart(node: Node): void {
  const graph = node.graph;
  const decomposition = decompositionOf(node);
  if (!graph || !decomposition) return;
  const scope = new NodeFacts(node, new Formula(graph, { before: node }));
  const replacements = decomposition(scope);
  for (const [index, output] of node.outputs.entries()) {
    const replacement = replacements[index];
    if (!output) continue;
    if (!replacement) {
      if (output.useCount > 0 || output.isGraphOutput) throw scope.unsupported(`its output ${index} is used`);
      continue;
    }
    // What is taken apart behind it in the same round asks for its type.
    replacement.type ??= output.type;
    output.replaceAllUsesWith(replacement);
    const at = graph.outputs.indexOf(output);
    // A graph output keeps its name.
    if (at >= 0) new Formula(graph, { before: node }).op('Identity', [replacement], { into: output });
  }
  graph.remove(node);
}
