/** Values that share a scale and a zero point, and the numbers of each such group. */

import { floatsOf } from '../../ir/floats.ts';
import type { Value } from '../../ir/value.ts';
import { type AffineParams, scaleZeroPoint } from '../../numeric/affine.ts';
import { codeRange, type IntegerType } from '../../numeric/integer.ts';
import { rangeOf } from '../../numeric/range.ts';
import { specOf } from '../../ops/table.ts';
import { Partition } from './partition.ts';
import type { PlannedNode, StaticPlan } from './plan.ts';

export interface ActivationSpec {
  readonly type: IntegerType;
  readonly symmetric: boolean;
  readonly reduceRange: boolean;
}

export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** null: no bound on that side. */
interface Bounds {
  readonly min: number | null;
  readonly max: number | null;
}

/** Values with one set of parameters. */
export interface ParameterGroup {
  /** Names the parameters. */
  readonly first: Value;
  readonly members: readonly Value[];
}

/** Concatenated values whose ranges differ more than this keep their own scales. */
const ALIKE = 2;

/** Values that the plan wants as integers: what integer kernels read and make. Constants are among them. */
export function quantizedValues(plan: StaticPlan): ReadonlySet<Value> {
  const values = new Set<Value>();
  for (const { node, role, quantizedResult } of plan.nodes.values()) {
    for (const index of role.operands) {
      const value = node.input(index);
      if (value) values.add(value);
    }
    if (quantizedResult) for (const value of resultsOf(node, plan)) values.add(value);
  }
  return values;
}

/** The float results of a planned node, behind what is absorbed. */
export function resultsOf(node: PlannedNode['node'], plan: StaticPlan): Value[] {
  return node.outputs.flatMap((value) => {
    if (value?.dtype !== 'float32') return [];
    const [use] = value.uses;
    const behind = use && plan.absorbed.has(use.node) ? use.node.output() : null;
    return [behind ?? value];
  });
}

/**
 * Groups of values that share parameters: what nodes only move, and concatenations of values alike. No group reaches
 * beyond the bounds of a node that was absorbed behind one of its members: its codes are all that cuts off there.
 */
export function parameterGroups(
  plan: StaticPlan,
  ranges: ReadonlyMap<Value, ValueRange>,
  concatenates: (node: PlannedNode) => boolean,
): readonly ParameterGroup[] {
  const parts = new Partition(quantizedValues(plan));
  const bounds = absorbedBounds(plan);
  const planned = [...plan.nodes.values()];
  const members = ({ node, role }: PlannedNode): Value[] => [
    ...role.operands.flatMap((index) => node.input(index) ?? []),
    ...resultsOf(node, plan),
  ];
  for (const each of planned) if (each.role.shares) parts.unite(members(each));
  for (const each of planned) {
    const { node, role } = each;
    const operands = role.operands.flatMap((index) => node.input(index) ?? []);
    if (role.shares || !concatenates(each) || !alike(operands, ranges)) continue;
    const all = members(each).flatMap((value) => parts.membersOf(value));
    if (isWithin(hullOf(all, ranges), all, bounds)) parts.unite(all);
  }
  return parts.groups().map((values) => ({ first: values[0] as Value, members: values }));
}

/** The bounds that the quantizer of a value stands for. */
function absorbedBounds(plan: StaticPlan): ReadonlyMap<Value, Bounds> {
  const found = new Map<Value, Bounds>();
  for (const node of plan.absorbed) {
    const role = specOf(node)?.quant;
    const bounds = role?.kind === 'passthrough' ? role.bounds?.(node) : null;
    const output = node.output();
    if (bounds && output) found.set(output, bounds);
  }
  return found;
}

function isWithin(hull: ValueRange, values: readonly Value[], bounds: ReadonlyMap<Value, Bounds>): boolean {
  return values.every((value) => {
    const { min = null, max = null } = bounds.get(value) ?? {};
    return (min === null || hull.min >= min) && (max === null || hull.max <= max);
  });
}

/** The smallest range that holds those of all values. */
function hullOf(values: readonly Value[], ranges: ReadonlyMap<Value, ValueRange>): ValueRange {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    const range = ranges.get(value);
    if (!range) continue;
    min = Math.min(min, range.min);
    max = Math.max(max, range.max);
  }
  return { min, max };
}

function alike(values: readonly Value[], ranges: ReadonlyMap<Value, ValueRange>): boolean {
  const widths = values.map((value) => {
    const range = ranges.get(value);
    return range ? Math.max(range.max, 0) - Math.min(range.min, 0) : 0;
  });
  return Math.max(...widths) <= ALIKE * Math.min(...widths);
}

/** Ranges that need no data: those of constants, and results bounded by their operator. */
export function knownRanges(plan: StaticPlan): Map<Value, ValueRange> {
  const known = new Map<Value, ValueRange>();
  for (const value of quantizedValues(plan))
    if (value.tensor) {
      const { min, max } = rangeOf(floatsOf(value.tensor));
      known.set(value, { min, max });
    }
  for (const { node, role, quantizedResult } of plan.nodes.values())
    if (role.range && quantizedResult)
      for (const value of resultsOf(node, plan)) known.set(value, role.range);
  return known;
}

/** The parameters of a group: the hull of its members' ranges laid over the codes. */
export function groupParams(
  group: ParameterGroup,
  ranges: ReadonlyMap<Value, ValueRange>,
  spec: ActivationSpec,
): AffineParams {
  const { min, max } = hullOf(group.members, ranges);
  const params = scaleZeroPoint(Math.fround(min), Math.fround(max), spec);
  // Nothing but zeros was seen: the lowest code is zero, so that what was cut off behind stays cut off.
  if (max <= 0 && min >= 0 && !spec.symmetric) return { ...params, zeroPoint: codeRange(spec.type).qmin };
  return params;
}
