/** Lets weightless nodes between float32 neighbours stay float32, so that no cast goes down only to come up again. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { HalfPlan } from './plan.ts';
import { graphsOf, isFloat32, valuesOf } from './values.ts';

/**
 * Marks the largest set of weightless nodes whose float inputs are all made as float32 and whose float outputs are
 * all wanted so: all of them at first, then those that touch a half value drop out, one after the other. What hangs
 * between the model's own inputs and outputs alone follows nobody and drops out too.
 */
export function followNeighbours(plan: HalfPlan): void {
  const { following } = plan;
  const nodes = graphsOf(plan.model).flatMap((graph) => graph.nodes);
  for (const node of nodes) if (isCandidate(plan, node)) following.add(node);
  const waiting = [...following];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (!following.has(node) || !touchesHalf(plan, node)) continue;
    following.delete(node);
    waiting.push(...neighboursOf(node).filter((other) => following.has(other)));
  }
  for (const part of partsOf(following))
    if (!isAnchored(plan, part)) for (const node of part) following.delete(node);
}

/** A node that could be either, without a constant worth converting. */
function isCandidate(plan: HalfPlan, node: Node): boolean {
  if (plan.kept.has(node) || node.subgraphs.length > 0) return false;
  return (
    valuesOf(node).some(isFloat32) &&
    !node.inputs.some((value) => isFloat32(value) && (value.tensor?.size ?? 0) > 1)
  );
}

function touchesHalf(plan: HalfPlan, node: Node): boolean {
  if (node.inputs.some((value) => isFloat32(value) && plan.home(value) === 'half')) return true;
  return node.outputs.filter(isFloat32).some((value) => wantedForms(plan, value).includes('half'));
}

function wantedForms(plan: HalfPlan, value: Value): string[] {
  const exits = plan.exits.get(value) ?? [];
  return [
    ...value.uses.map((use) => plan.wanted(use)),
    ...exits.map((exit) => plan.wantedAtExit(value, exit)),
  ];
}

/** Nodes at the other ends of a node's float values. */
function neighboursOf(node: Node): Node[] {
  const makers = node.inputs.filter(isFloat32).map((value) => value.producer);
  const readers = node.outputs.filter(isFloat32).flatMap((value) => value.uses.map((use) => use.node));
  return [...makers, ...readers].filter((other) => other !== null);
}

function partsOf(nodes: ReadonlySet<Node>): Node[][] {
  const seen = new Set<Node>();
  const parts: Node[][] = [];
  for (const start of nodes) {
    const part: Node[] = [];
    const waiting = [start];
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      if (seen.has(node) || !nodes.has(node)) continue;
      seen.add(node);
      part.push(node);
      waiting.push(...neighboursOf(node));
    }
    if (part.length > 0) parts.push(part);
  }
  return parts;
}

/** True for a part with a float32 neighbour, or with a node that only looks at floats (ArgMax, comparisons). */
function isAnchored(plan: HalfPlan, part: readonly Node[]): boolean {
  const inside = new Set(part);
  return part.some(
    (node) =>
      !node.outputs.some(isFloat32) ||
      neighboursOf(node).some((other) => !inside.has(other) && !plan.fact(other).blind),
  );
}
