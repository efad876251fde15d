/** Linear layers: nodes whose result is a weight times what they read, as far as their signature tells. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { bind } from '../../ops/bind.ts';
import { channelAxis, contractionAxes, isFactor } from '../../ops/contraction.ts';
import { signatureOf } from '../../ops/signature-of.ts';

export interface LinearLayer {
  readonly node: Node;
  /** Input that is computed, input that is the weight. */
  readonly data: number;
  readonly weight: number;
  readonly value: Value;
  readonly dims: readonly number[];
  /** Axis of the weight that makes the channels of the result, and where they are in it. */
  readonly weightAxis: number;
  readonly resultAxis: number;
  /** Weights of one channel. */
  readonly inner: number;
}

/**
 * Null for nodes that are none, and for grouped ones, where a channel reads only its group.
 * @param tied whether others may use the weight too
 */
export function linearLayer(node: Node, tied = false): LinearLayer | null {
  const signature = signatureOf(node);
  const weight = node.inputs.findIndex(
    (value, index) =>
      value?.tensor?.dtype === 'float32' && (tied || value.useCount === 1) && isFactor(node, index),
  );
  const data = node.inputs.findIndex((value, index) => value && !value.tensor && isFactor(node, index));
  const value = node.input(weight);
  const dims = value?.tensor?.dims;
  if (!signature || weight < 0 || data < 0 || !value || !dims) return null;
  if (node.inputs.some((each, index) => index !== weight && index !== data && each && isFactor(node, index)))
    return null;
  const weightAxis = channelAxis(node, weight);
  const bound = bind(signature, node);
  if (weightAxis === null || 'refusal' in bound || contractionAxes(node, weight).length === 0) return null;
  const { inputs, outputs, extents } = bound.binding;
  const grouped = [...signature.sizes.keys()].some((label) => (extents.get(label) ?? 1) !== 1);
  const labels = (inputs[weight]?.[weightAxis]?.factors ?? []).filter((each) => typeof each === 'string');
  const resultAxis = (outputs[0] ?? []).findIndex(({ factors }) =>
    factors.some((each) => labels.includes(String(each))),
  );
  // A batch of matrices would be one layer for each.
  const shared = (inputs[weight] ?? []).some(
    ({ factors }, axis) =>
      axis !== weightAxis &&
      factors.some(
        (each) =>
          typeof each === 'string' && (outputs[0] ?? []).some((other) => other.factors.includes(each)),
      ),
  );
  if (grouped || shared || resultAxis < 0) return null;
  const inner = dims.reduce((product, dim) => product * dim, 1) / (dims[weightAxis] as number);
  return { node, data, weight, value, dims, weightAxis, resultAxis, inner };
}

/** Weights as rows [channels, inner]. */
export function channelRows({ dims, weightAxis, inner }: LinearLayer, floats: Float32Array): Float64Array {
  const rows = new Float64Array(floats.length);
  visit(dims, weightAxis, (flat, channel, place) => {
    rows[channel * inner + place] = floats[flat] as number;
  });
  return rows;
}

/** The other way round. */
export function fromRows({ dims, weightAxis, inner }: LinearLayer, rows: Float64Array): Float32Array {
  const floats = new Float32Array(rows.length);
  visit(dims, weightAxis, (flat, channel, place) => {
    floats[flat] = rows[channel * inner + place] as number;
  });
  return floats;
}

/** A weight with which the same node hands out, as its channels, each number that a channel is a sum of. */
export function unitWeight({ dims, weightAxis, inner }: LinearLayer): {
  dims: number[];
  floats: Float32Array;
} {
  const unit = dims.map((dim, axis) => (axis === weightAxis ? inner : dim));
  const floats = new Float32Array(inner * inner);
  visit(unit, weightAxis, (flat, channel, place) => {
    if (channel === place) floats[flat] = 1;
  });
  return { dims: unit, floats };
}

function visit(
  dims: readonly number[],
  axis: number,
  at: (flat: number, channel: number, place: number) => void,
): void {
  const behind = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const size = dims[axis] as number;
  const total = dims.reduce((product, dim) => product * dim, 1);
  for (let flat = 0; flat < total; flat++) {
    const channel = Math.floor(flat / behind) % size;
    at(flat, channel, Math.floor(flat / (behind * size)) * behind + (flat % behind));
  }
}
