/** Shapes of outputs as far as they follow from the axis facts alone; onnxruntime is asked for the rest. */
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { type Binding, bind, knownShape } from './bind.ts';
import { constantInts, normalAxis } from './labels.ts';
import type { AxisPattern, Factor, Signature } from './signature.ts';
import { signatureOf } from './signature-of.ts';
import { isRelation } from './spec.ts';
import { specOf } from './table.ts';

/** The dims of an output; null where they do not follow from inputs whose dims are all known. */
export function outputShape(node: Node, index = 0): readonly number[] | null {
  const axes = specOf(node)?.axes;
  if (!isRelation(axes)) return labelled(node, index);
  if (index > 0) return null;
  return axes.relation === 'reshape' ? reshaped(node) : joined(node, axes.axis(node));
}

function labelled(node: Node, index: number): readonly number[] | null {
  const signature = signatureOf(node);
  const pattern = signature?.outputs[index];
  if (!signature || !pattern || !inputsKnown(node, signature)) return null;
  // What outputs are said to be is what is in question.
  const result = bind(signature, node, (value) => (node.outputs.includes(value) ? null : knownShape(value)));
  if ('refusal' in result) return null;
  const dims = pattern.axes.flatMap((axis) => sizesOf(axis, result.binding));
  return whole(dims);
}

/** A dim of 1 says nothing of an axis that another input may stretch, so every input has to be known. */
function inputsKnown(node: Node, { inputs }: Signature): boolean {
  return inputs.every((pattern, at) => {
    const value = node.input(at);
    return !pattern || !value || dimsOf(value) !== null;
  });
}

function sizesOf(axis: AxisPattern, { extents, groups }: Binding): (number | null)[] {
  const size = (factor: Factor): number => {
    const extent = typeof factor === 'number' ? factor : extents.get(factor);
    return typeof extent === 'number' ? extent : Number.NaN;
  };
  if (axis.kind === 'window') return [null];
  if (axis.kind === 'axis') return [axis.factors.map(size).reduce((product, each) => product * each, 1)];
  const count = groups.get(axis.label);
  if (count === undefined) return [null];
  return Array.from({ length: count }, (_, at) => size(`${axis.label}.${count - at}`));
}

/** Reshape: 0 copies a dim (unless allowzero), -1 takes what remains. */
function reshaped(node: Node): readonly number[] | null {
  const from = dimsOf(node.input(0));
  const target = constantInts(node, 1) ?? node.ints('shape');
  if (!from || !target) return null;
  const copies = node.int('allowzero', 0) === 0;
  const dims = target.map((dim, axis) => (dim === 0 && copies ? (from[axis] ?? null) : dim));
  const size = from.reduce((product, dim) => product * dim, 1);
  const stated = dims.reduce<number>(
    (product, dim) => (dim === -1 ? product : product * (dim ?? Number.NaN)),
    1,
  );
  return whole(dims.map((dim) => (dim === -1 ? size / stated : dim)));
}

/** Concat: the sum along the axis. Of Split the parts are not said here. */
function joined(node: Node, axis: number): readonly number[] | null {
  if (node.outputs.length > 1) return null;
  const all = node.inputs.map(dimsOf);
  const [first] = all;
  const at = first ? normalAxis(axis, first.length) : null;
  if (!first || at === null || all.some((dims) => dims?.length !== first.length)) return null;
  return first.map((dim, each) =>
    each === at ? all.reduce((sum, dims) => sum + (dims?.[at] ?? 0), 0) : dim,
  );
}

function dimsOf(value: Value | null): readonly number[] | null {
  const shape = value && knownShape(value);
  return shape ? whole(shape) : null;
}

function whole(dims: readonly unknown[]): readonly number[] | null {
  return dims.every((dim) => Number.isInteger(dim) && Number(dim) >= 0) ? (dims as readonly number[]) : null;
}
