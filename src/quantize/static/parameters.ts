/** Values that share a scale and a zero point, and the numbers of each such group. */

import { floatsOf } from '../../ir/floats.ts';
import type { Value } from '../../ir/value.ts';
import { type AffineParams, scaleZeroPoint } from '../../numeric/affine.ts';
import type { IntegerType } from '../../numeric/integer.ts';
import { rangeOf } from '../../numeric/range.ts';
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

/** Groups of values that share parameters: what nodes only move, and concatenations of values alike. */
export function parameterGroups(
  plan: StaticPlan,
  ranges: ReadonlyMap<Value, ValueRange>,
  concatenates: (node: PlannedNode) => boolean,
): readonly ParameterGroup[] {
  const parent = new Map<Value, Value>();
  const find = (value: Value): Value => {
    let root = value;
    for (let up = parent.get(root); up !== undefined; up = parent.get(root)) root = up;
    return root;
  };
  const unite = (a: Value, b: Value): void => {
    const [from, to] = [find(b), find(a)];
    if (from !== to) parent.set(from, to);
  };
  for (const planned of plan.nodes.values()) {
    const { node, role } = planned;
    const operands = role.operands.flatMap((index) => node.input(index) ?? []);
    const [first] = operands;
    if (!first) continue;
    const together = role.shares || (concatenates(planned) && alike(operands, ranges));
    if (together) for (const value of [...operands, ...resultsOf(node, plan)]) unite(first, value);
  }
  const groups = new Map<Value, Value[]>();
  for (const value of quantizedValues(plan)) {
    const root = find(value);
    const members = groups.get(root);
    if (members) members.push(value);
    else groups.set(root, [value]);
  }
  return [...groups.values()].map((members) => ({ first: members[0] as Value, members }));
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
  let [min, max] = [Infinity, -Infinity];
  for (const value of group.members) {
    const range = ranges.get(value);
    if (!range) continue;
    min = Math.min(min, range.min);
    max = Math.max(max, range.max);
  }
  return scaleZeroPoint(Math.fround(min), Math.fround(max), spec);
}
