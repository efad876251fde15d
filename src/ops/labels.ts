/** Helpers for signatures that depend on rank, attributes and constant inputs. */
import { ints } from '../ir/attribute.ts';
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import { constantOf, isConstantNode } from './nodes.ts';

/** Labels for the axes of a tensor: a, b, ... z, a1, b1, ...; who needs more than a few is a damaged file. */
export function labels(rank: number): string[] {
  return Array.from({ length: rank }, (_, index) => {
    const round = Math.floor(index / 26);
    return `${String.fromCharCode(97 + (index % 26))}${round === 0 ? '' : round}`;
  });
}

/** `X[a b c]`, or `_` for no axes known. */
export function tensor(name: string, axes: readonly string[] | null): string {
  return axes ? `${name}[${axes.join(' ')}]` : '_';
}

/** A non-negative axis; null when it does not lie within the rank. */
export function normalAxis(axis: number, rank: number): number | null {
  const normal = axis < 0 ? axis + rank : axis;
  return normal >= 0 && normal < rank ? normal : null;
}

/** An input's rank, or null. */
export function rankOf(node: Node, input: number): number | null {
  return node.input(input)?.rank ?? null;
}

/** The integers of an input that is constant: an initializer or the output of a Constant node. Null otherwise. */
export function constantInts(node: Node, input: number): readonly number[] | null {
  const value = node.input(input);
  if (!value) return null;
  const tensor = constantOf(value);
  if (tensor) return numbers(tensor);
  const { producer } = value;
  if (!producer || !isConstantNode(producer)) return null;
  const single = producer.attributes.get('value_int');
  return single?.kind === 'int' ? [Number(single.value)] : producer.ints('value_ints');
}

/** Integers that older opsets keep in an attribute and newer ones in an input; null when neither says. */
export function intsOf(node: Node, attribute: string, input: number): readonly number[] | null {
  return node.ints(attribute) ?? constantInts(node, input);
}

/** Writes integers where `intsOf` reads them. An input may have other readers, so the node gets its own. */
export function stateInts(node: Node, attribute: string, input: number, values: readonly number[]): void {
  const stated = node.input(input);
  if (!stated || !node.graph) {
    node.attributes.set(attribute, ints(values));
    return;
  }
  const tensor =
    stated.dtype === 'int32'
      ? Tensor.of('int32', [values.length], Int32Array.from(values))
      : Tensor.ints(values);
  node.setInput(input, node.graph.addInitializer(stated.name, tensor));
}

function numbers(constant: Tensor): readonly number[] | null {
  // Shapes, axes and pads are small integers; anything else in their place is a mistake that nobody should read.
  return constant.size <= 64 && /^u?int(8|16|32|64)$/.test(constant.dtype) ? constant.numbers() : null;
}

/** The axes of a tensor broadcast to `full`: its last ones, as many as its rank. Null when that is unknown. */
export function trailing(full: readonly string[], rank: number | null): readonly string[] | null {
  return rank === null || rank > full.length ? null : full.slice(full.length - rank);
}

/** Labels of an output that keeps the axes in `same` and has another extent, `x1` for b, elsewhere. */
export function changed(
  axes: readonly string[],
  differs: (axis: number) => boolean,
): { before: string[]; after: string[] } {
  return {
    before: axes.map((label, axis) => (differs(axis) ? `!${label}` : label)),
    after: axes.map((label, axis) => (differs(axis) ? `!${label}x` : label)),
  };
}
