/** Attributes of a node: a closed union, one variant per ONNX attribute type. */
import type { Graph } from './graph.ts';
import type { Rest, Tensor } from './tensor.ts';

/** An int64: a number where that is exact, a bigint beyond 2^53. */
export type Int64 = number | bigint;

type Variant<K extends string, V> = {
  readonly kind: K;
  readonly value: V;
  /** Doc string and anything else the file said; written back. */
  readonly rest?: Rest | undefined;
};

export type Attribute =
  | Variant<'float', number>
  | Variant<'int', Int64>
  | Variant<'string', Uint8Array>
  | Variant<'tensor', Tensor>
  | Variant<'graph', Graph>
  | Variant<'floats', readonly number[]>
  | Variant<'ints', readonly Int64[]>
  | Variant<'strings', readonly Uint8Array[]>
  | Variant<'tensors', readonly Tensor[]>
  | Variant<'graphs', readonly Graph[]>
  /** Inside a model-local function: the value comes from the caller's attribute of that name. */
  | Variant<'reference', string>
  /** Sparse tensors, type protos and whatever a newer ONNX adds: carried, not interpreted. */
  | Variant<'other', null>;

const encoder = new TextEncoder();

export function int(value: number): Attribute {
  return { kind: 'int', value };
}

export function float(value: number): Attribute {
  return { kind: 'float', value };
}

export function ints(value: readonly number[]): Attribute {
  return { kind: 'ints', value };
}

export function text(value: string): Attribute {
  return { kind: 'string', value: encoder.encode(value) };
}

export function tensorAttribute(value: Tensor): Attribute {
  return { kind: 'tensor', value };
}

/** The graphs an attribute holds: bodies of If, Loop, Scan. */
export function graphsOf(attribute: Attribute): readonly Graph[] {
  if (attribute.kind === 'graph') return [attribute.value];
  return attribute.kind === 'graphs' ? attribute.value : [];
}
