/** Reads a graph with QuantizeLinear and DequantizeLinear: which integers are behind a float value, and in front of one. */
import type { Node } from '../../ir/node.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { isDequantizer, isQuantizer } from '../../ops/nodes.ts';

/** Integers with what turns them into real numbers. */
export interface Codes {
  readonly codes: Value;
  /** float32, [] or [1], or [channels] along `axis`. */
  readonly scale: Value;
  /** Of the type of the codes. */
  readonly zeroPoint: Value;
  /** The axis that scales are along; null for one scale. */
  readonly axis: number | null;
}

/** The integers a float value is made from; null for floats. */
export function codesBehind(value: Value | null): Codes | null {
  const node = value?.producer;
  if (!node || !isDequantizer(node) || node.domain !== '' || node.attributes.has('block_size')) return null;
  return codesOf(node, node.input(0));
}

/** The QuantizeLinear that is all that reads a value. */
export function quantizerOf(value: Value | null): Node | null {
  const [use, ...others] = value?.uses ?? [];
  if (!value || !use || others.length > 0 || value.isGraphOutput) return null;
  const { node, index } = use;
  const quantizes = isQuantizer(node) && node.domain === '' && index === 0;
  return quantizes && node.graph === value.producer?.graph ? node : null;
}

/** The integers a float value is turned into, when nobody reads the floats; null otherwise. */
export function codesInFront(value: Value | null): Codes | null {
  const node = quantizerOf(value);
  const made = node ? codesOf(node, node.output()) : null;
  return made?.axis === null ? made : null;
}

function codesOf(node: Node, codes: Value | null): Codes | null {
  const [scale, zeroPoint] = [node.input(1), node.input(2)];
  if (!codes || !scale || !zeroPoint || codes.dtype !== zeroPoint.dtype) return null;
  const count = scale.tensor?.size;
  if (count === undefined || scale.dtype !== 'float32') return null;
  return { codes, scale, zeroPoint, axis: scale.rank === 0 || count === 1 ? null : node.int('axis', 1) };
}

/** True when both have the same scale and zero point, as one constant or as equal ones. */
export function sameParameters(a: Codes, b: Codes): boolean {
  return a.axis === null && b.axis === null && equal(a.scale, b.scale) && equal(a.zeroPoint, b.zeroPoint);
}

function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (!a.tensor || !b.tensor || a.dtype !== b.dtype) return false;
  return element(a.tensor) === element(b.tensor);
}

function element(tensor: Tensor): number | undefined {
  return tensor.size === 1 ? Number(tensor.array()[0]) : undefined;
}
