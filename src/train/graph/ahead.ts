/** Types what comes before branches: the side that is not taken may suit no sizes, and inference would end there. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { type Captures, dependencies } from '../../ir/walk.ts';
import { cloneModel } from '../../onnx/read.ts';
import { specOf } from '../../ops/table.ts';
import { inferTypes, type Untyped } from '../../runtime/shapes.ts';

/** Whether the main graph has branches. */
export function hasBranches({ graph }: Model): boolean {
  return graph.nodes.some(isBranch);
}

/**
 * Sets the types of all values that no branch takes part in; the others have none, whatever the file says of them.
 * @param model sorted
 * @returns as `inferTypes`
 */
export async function typeAhead(model: Model): Promise<Untyped> {
  const probe = cloneModel(model);
  const behind = behindBranches(probe);
  probe.graph.outputs = probe.graph.outputs.filter((value) => !behind.values.has(value));
  probe.graph.valueInfo = [];
  for (const node of behind.nodes.toReversed()) probe.graph.remove(node);
  const untyped = await inferTypes(probe);
  const known = new Map<string, Value>();
  for (const node of probe.graph) for (const value of node.outputs) if (value) known.set(value.name, value);
  for (const node of model.graph)
    for (const value of node.outputs)
      if (value && !value.isGraphOutput) value.type = known.get(value.name)?.type ?? null;
  return untyped;
}

function isBranch(node: Node): boolean {
  return specOf(node)?.bodies?.repeated === false;
}

function behindBranches({ graph }: Model): { readonly nodes: Node[]; readonly values: ReadonlySet<Value> } {
  const nodes: Node[] = [];
  const values = new Set<Value>();
  const captures: Captures = new Map();
  for (const node of graph) {
    if (!isBranch(node) && ![...dependencies(node, captures)].some((value) => values.has(value))) continue;
    nodes.push(node);
    for (const value of node.outputs) if (value) values.add(value);
  }
  return { nodes, values };
}
