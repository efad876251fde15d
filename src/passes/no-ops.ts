/** When an operator hands its first input on unchanged: one rule per operator. */

import { dtypeOfCode } from '../ir/dtype.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Shape } from '../ir/value.ts';
import type { ValueTypes } from './types.ts';

export interface Facts {
  readonly node: Node;
  /** ai.onnx version the node is written in. */
  readonly opset: number;
  /** Present when the rule asked for it. */
  readonly types: ValueTypes | null;
  constant(index: number): Tensor | null;
}

export interface NoOpRule {
  readonly needsTypes?: true;
  holds(facts: Facts): boolean;
}

const single: NoOpRule = { holds: ({ node }) => node.inputs.length === 1 };

/** Rules by operator of ai.onnx. */
export const unchanged: Readonly<Record<string, NoOpRule | undefined>> = {
  Cast: { needsTypes: true, holds: ({ node, types }) => sameDType(types, node, dtypeOfCode(node.int('to'))) },
  CastLike: {
    needsTypes: true,
    holds: ({ node, types }) => sameDType(types, node, types?.dtype(node.input(1)) ?? null),
  },
  Concat: single,
  Dropout: { holds: atInference },
  Expand: { needsTypes: true, holds: expandsNothing },
  Flatten: {
    needsTypes: true,
    holds: ({ node, types }) => types?.rank(node.input(0)) === 2 && Math.abs(node.int('axis', 1)) === 1,
  },
  Identity: { holds: () => true },
  Max: single,
  Mean: single,
  Min: single,
  Pad: { holds: padsNothing },
  Reshape: { needsTypes: true, holds: reshapesNothing },
  Slice: { needsTypes: true, holds: slicesNothing },
  Sum: single,
  Transpose: {
    holds: ({ node }) => node.ints('perm')?.every((axis, index) => axis === index) === true,
  },
};

function sameDType(types: ValueTypes | null, node: Node, to: string | null): boolean {
  return to !== null && types?.dtype(node.input(0)) === to;
}

/** Dropout since 12 trains when its third input says so; 7 to 11 never; before that `is_test` decides. */
function atInference({ node, opset, constant }: Facts): boolean {
  if (opset >= 12) return node.input(2) === null || constant(2)?.numbers()[0] === 0;
  return opset >= 7 || node.int('is_test') === 1;
}

function expandsNothing({ node, types, constant }: Facts): boolean {
  const target = constant(1)?.numbers();
  if (!target) return false;
  const shape = types?.shape(node.input(0)) ?? null;
  const rank = target.length === 0 ? 0 : (shape?.length ?? -1);
  if (rank < target.length) return false;
  return target.every((size, axis) => size === 1 || size === shape?.[rank - target.length + axis]);
}

function padsNothing({ node, opset, constant }: Facts): boolean {
  const pads = opset >= 11 ? constant(1)?.numbers() : node.ints(opset >= 2 ? 'pads' : 'paddings');
  return pads?.every((pad) => pad === 0) === true;
}

/** All dims are copied, equal, or at most one follows from the number of elements. */
function reshapesNothing({ node, opset, types, constant }: Facts): boolean {
  const target = opset >= 5 ? constant(1)?.numbers() : node.ints('shape');
  const shape = types?.shape(node.input(0));
  if (!target || !shape || target.length !== shape.length) return false;
  const zeroCopies = opset < 14 || node.int('allowzero') === 0;
  const open = target.filter((size, axis) => !((size === 0 && zeroCopies) || size === shape[axis]));
  return open.length === 0 || (open.length === 1 && open[0] === -1 && !mayBeEmpty(shape));
}

/** With an empty tensor -1 is ambiguous. */
function mayBeEmpty(shape: Shape): boolean {
  return shape.includes(0);
}

/** Starts at 0, ends at or beyond the end, steps by 1, on every axis it names. */
function slicesNothing({ node, opset, types, constant }: Facts): boolean {
  const list = (index: number, name: string): readonly number[] | null =>
    opset >= 10 ? (constant(index)?.numbers() ?? null) : node.ints(name);
  const [starts, ends] = [list(1, 'starts'), list(2, 'ends')];
  if (!starts || !ends) return false;
  const given = opset >= 10 ? node.input(3) !== null : node.attributes.has('axes');
  const axes = given ? list(3, 'axes') : starts.map((_, axis) => axis);
  const steps = opset >= 10 && node.input(4) ? constant(4)?.numbers() : starts.map(() => 1);
  if (!axes || !steps) return false;
  const shape = types?.shape(node.input(0));
  return starts.every((start, item) => {
    const axis = axes[item] ?? 0;
    const size = shape?.[axis < 0 ? axis + shape.length : axis];
    const end = ends[item] ?? 0;
    const whole = end >= 2 ** 31 - 1 || (typeof size === 'number' && end >= size);
    return start === 0 && steps[item] === 1 && whole;
  });
}
