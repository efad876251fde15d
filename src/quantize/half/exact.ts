/** Keeps arithmetic on whole numbers (sizes, positions, angles) in float32: half precision counts only to 2048. */
import { DTYPES } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { HalfPlan } from './plan.ts';
import { graphsOf, isFloat32 } from './values.ts';

/** Constants above this many elements are weights: what they are combined with is data, not counting. */
const SMALL = 256;

const REASON = 'counts: sizes, positions or angles, which half precision holds exactly only to 2048';

/**
 * Keeps nodes that compute a float from integers alone when the result ends where exact numbers matter: in an
 * operator that gives no float (Cast to integer, Less), in an input that is float32 anyway (scales of Resize), in a
 * node kept for another reason, in a periodic function. Attention masks are computed from integers as well, but end
 * as data.
 */
export function keepCounting(plan: HalfPlan): void {
  const counted = countedValues(plan);
  for (const value of counted)
    if (value.uses.some((use) => isSink(plan, use.node, use.index))) keepUpwards(plan, value, counted);
  for (const value of counted)
    for (const { node } of value.uses) if (plan.fact(node).periodic) plan.keep(node, REASON);
}

/** Float values that come from integers by small steps. */
function countedValues(plan: HalfPlan): Set<Value> {
  const counted = new Set<Value>();
  for (const graph of graphsOf(plan.model))
    for (const node of graph) {
      if (node.subgraphs.length > 0 || !(isSource(node) || isStep(node, counted))) continue;
      for (const value of node.outputs) if (isFloat32(value)) counted.add(value);
    }
  return counted;
}

/** All inputs are integers: a Cast, most of the time. */
function isSource(node: Node): boolean {
  const kinds = node.inputs.map((value) => value?.dtype && DTYPES[value.dtype].kind);
  return kinds.length > 0 && kinds.every((kind) => kind === 'int' || kind === 'uint');
}

function isStep(node: Node, counted: ReadonlySet<Value>): boolean {
  const floats = node.inputs.filter(isFloat32);
  return (
    floats.some((value) => counted.has(value)) &&
    floats.every((value) => counted.has(value) || (value.tensor !== null && value.tensor.size <= SMALL))
  );
}

function isSink(plan: HalfPlan, node: Node, index: number): boolean {
  const fact = plan.fact(node);
  if (fact.blind || node.subgraphs.length > 0) return false;
  if (plan.kept.has(node) || fact.periodic || fact.fixedInputs.includes(index)) return true;
  return !node.outputs.some(isFloat32);
}

function keepUpwards(plan: HalfPlan, value: Value, counted: ReadonlySet<Value>): void {
  const { producer } = value;
  if (!producer || plan.kept.has(producer)) return;
  plan.keep(producer, REASON);
  for (const input of producer.inputs) if (input && counted.has(input)) keepUpwards(plan, input, counted);
}
