/** Lets weightless nodes between float32 neighbours stay float32, so that no cast goes down only to come up again. */
import type { Node } from '../../ir/node.ts';
import type { HalfPlan } from './plan.ts';
import { graphsOf, isFloat32 } from './values.ts';

/** A constant operand up to this size does not make a node worth converting. */
const SMALL = 1024;

/** Marks nodes whose float inputs are all made as float32 and whose float outputs are all wanted so. */
export function followNeighbours(plan: HalfPlan): void {
  const nodes = graphsOf(plan.model).flatMap((graph) => graph.nodes);
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of nodes) {
      if (!follows(plan, node)) continue;
      plan.following.add(node);
      changed = true;
    }
  }
}

function follows(plan: HalfPlan, node: Node): boolean {
  if (plan.following.has(node) || plan.kept.has(node) || node.subgraphs.length > 0) return false;
  const inputs = node.inputs.filter(isFloat32);
  const outputs = node.outputs.filter(isFloat32);
  const large = inputs.some((value) => (value.tensor?.size ?? 0) > SMALL);
  if (large || inputs.some((value) => plan.home(value) === 'half')) return false;
  const wanted = outputs.flatMap((value) => [
    ...value.uses.map((use) => plan.wanted(use)),
    ...(plan.exits.get(value) ?? []).map((exit) => plan.wantedAtExit(value, exit)),
  ]);
  if (wanted.includes('half')) return false;
  // Between the model's own inputs and outputs alone there is nobody to follow.
  const neighbours = inputs.some((value) => value.producer) || outputs.some((value) => value.uses.length > 0);
  return neighbours || outputs.length === 0;
}
