/** Questions about single nodes that algorithms of many kinds ask: constants as nodes, casts, transposes, quantizers. */
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';

/** A constant written as a node. Other operators have an attribute `value` too: that of ConstantOfShape is a scalar. */
export function isConstantNode(node: Node): boolean {
  return node.opType === 'Constant';
}

/** The tensor of an initializer, or of the Constant node that makes the value. */
export function constantOf(value: Value): Tensor | null {
  return value.tensor ?? (value.producer && heldBy(value.producer));
}

/** The tensor of a Constant node; null for other nodes, and where it is written as numbers or text. */
export function heldBy(node: Node): Tensor | null {
  const attribute = isConstantNode(node) ? node.attributes.get('value') : undefined;
  return attribute?.kind === 'tensor' ? attribute.value : null;
}

/** Code of the element type a Cast gives; null for other nodes. */
export function castTarget(node: Node): number | null {
  return node.opType === 'Cast' ? node.int('to') : null;
}

/** Where a Transpose takes each axis of its result from; null for other nodes. @param rank of its input */
export function transposedAxes(node: Node, rank: number): readonly number[] | null {
  if (node.opType !== 'Transpose') return null;
  // Without `perm` the axes are reversed.
  return node.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

/** Turns floats into integers with a scale that is an input. */
export function isQuantizer(node: Node): boolean {
  return node.op === 'QuantizeLinear' && isKnownDomain(node);
}

/** Turns integers into floats with a scale that is an input. */
export function isDequantizer(node: Node): boolean {
  return node.op === 'DequantizeLinear' && isKnownDomain(node);
}

/** onnxruntime's own versions take more types and otherwise do the same. */
function isKnownDomain({ domain }: Node): boolean {
  return domain === '' || domain === 'com.microsoft';
}
