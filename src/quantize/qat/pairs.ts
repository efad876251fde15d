/** Pairs of QuantizeLinear and DequantizeLinear, between which values are whole numbers. */
import { DTYPES, type DType } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { sizeOf } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import type { Span } from './fake.ts';
import { elementsOf } from './grid.ts';

export function isQuantizer({ op }: Node): boolean {
  return op === 'QuantizeLinear';
}

export function isDequantizer({ op }: Node): boolean {
  return op === 'DequantizeLinear';
}

/** Whether a node reads codes as they were written with this scale. */
export function isReader({ op, inputs }: Node, scale: Value): boolean {
  return op === 'DequantizeLinear' && inputs[1] === scale;
}

/** The least and the largest code of a type. */
export function codesOf(dtype: DType): readonly [number, number] {
  const { bits } = DTYPES[dtype];
  return dtype.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** Of activations: a row has as many elements as its sizes say, of which those that are open count for one. */
export function spanOfRow(writer: Node): Span {
  const zero = writer.input(2)?.tensor;
  const point = (zero && elementsOf(zero)?.[0]) ?? 0;
  const [least, most] = codesOf(zero?.dtype ?? 'uint8');
  const row = (writer.input(0)?.type?.shape ?? []).slice(1);
  const elements = sizeOf(row.map((dim) => (typeof dim === 'number' ? dim : 1)));
  const scales = writer.constant(1)?.size ?? 1;
  return { elements: Math.max(1, elements / scales), steps: Math.max(most - point, point - least) };
}
