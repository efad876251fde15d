/** Activation functions. */

import { floatsOf } from '../../ir/floats.ts';
import type { Node } from '../../ir/node.ts';
import { activations, biasGelu, clip, fastGelu, prelu } from '../gradients/activation.ts';
import { defineOps, type OpSpec } from '../spec.ts';

const SAME = 'X[*s] -> Y[*s]';
const FLOAT = { kind: 'float-only', reason: 'an activation that onnxruntime computes in float' } as const;

/** A bias of the last axis may be fused in. */
function withBias(node: Node): string {
  return node.input(1) ? 'X[*s h], B[h] -> Y[*s h]' : SAME;
}

/** Bounds of Clip, attributes before opset 11, constants since; null where they are computed. */
function clipBounds(node: Node): { min: number | null; max: number | null } | null {
  const bound = (index: number, name: string): number | null | undefined => {
    if (node.attributes.has(name)) return node.float(name);
    const value = node.input(index);
    if (!value) return null;
    return value.tensor?.dtype === 'float32' && value.tensor.size === 1
      ? floatsOf(value.tensor)[0]
      : undefined;
  };
  const [min, max] = [bound(1, 'min'), bound(2, 'max')];
  return min === undefined || max === undefined ? null : { min, max };
}

/** Bounds that are zero or none move with the data. */
function isHalfLine(node: Node): boolean {
  const bounds = clipBounds(node);
  return bounds !== null && [bounds.min, bounds.max].every((bound) => bound === null || bound === 0);
}

export const activation: readonly OpSpec[] = [
  {
    type: 'Celu',
    gradient: activations.celu,
    axes: SAME,
    quant: FLOAT,
    types: 'T -> T',
    float16: 28,
    bfloat16: 28,
  },
  ...defineOps(
    ['Elu', 'HardSigmoid', 'HardSwish', 'Mish', 'Selu', 'Softplus', 'Softsign', 'ThresholdedRelu'],
    { axes: SAME, quant: FLOAT, types: 'T -> T', bfloat16: 22 },
    {
      Elu: { gradient: activations.elu },
      HardSigmoid: { gradient: activations.hardSigmoid },
      HardSwish: { gradient: activations.hardSwish },
      Mish: { gradient: activations.mish },
      Selu: { gradient: activations.selu },
      Softplus: { gradient: activations.softplus },
      Softsign: { gradient: activations.softsign },
      ThresholdedRelu: { gradient: activations.thresholdedRelu },
    },
  ),
  ...defineOps(
    ['Gelu', 'Swish', 'Tanh', 'com.microsoft.Gelu', 'com.microsoft.QuickGelu'],
    {
      axes: SAME,
      quant: FLOAT,
      types: 'T -> T',
    },
    {
      Gelu: { gradient: activations.gelu },
      Swish: { gradient: activations.swish },
      Tanh: { gradient: activations.tanh },
      'com.microsoft.Gelu': { gradient: activations.gelu },
      'com.microsoft.QuickGelu': { gradient: activations.quickGelu },
    },
  ),
  { type: 'Shrink', gradient: activations.shrink, axes: SAME, quant: FLOAT, types: 'T -> T', bfloat16: null },
  {
    type: 'LeakyRelu',
    gradient: activations.leakyRelu,
    axes: SAME,
    homogeneous: [[0]],
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearLeakyRelu' },
    types: 'T -> T',
    bfloat16: 16,
  },
  {
    type: 'Sigmoid',
    gradient: activations.sigmoid,
    axes: SAME,
    quant: {
      kind: 'compute',
      weights: [],
      static: 'com.microsoft.QLinearSigmoid',
      range: { min: 0, max: 1 },
    },
    types: 'T -> T',
  },
  // Between quantized tensors these two are nothing but a range, which the quantizer of their input gives.
  {
    type: 'Relu',
    gradient: activations.relu,
    axes: SAME,
    homogeneous: [[0]],
    quant: { kind: 'passthrough', bounds: () => ({ min: 0, max: null }) },
    types: 'T -> T',
  },
  {
    type: 'Clip',
    gradient: clip,
    axes: 'X[*s], _, _ -> Y[*s]',
    homogeneous: (node) => (isHalfLine(node) ? [[0]] : []),
    quant: { kind: 'passthrough', bounds: clipBounds },
    types: 'T, T?, T? -> T',
  },
  {
    type: 'PRelu',
    gradient: prelu,
    axes: 'X[*s], S[*s] -> Y[*s]',
    homogeneous: [[0]],
    quant: FLOAT,
    types: 'T, T -> T',
    bfloat16: 16,
  },
  { type: 'com.microsoft.BiasGelu', gradient: biasGelu, axes: withBias, quant: FLOAT, types: 'T, T -> T' },
  { type: 'com.microsoft.FastGelu', gradient: fastGelu, axes: withBias, quant: FLOAT, types: 'T, T? -> T' },
  { type: 'SwiGLU', axes: 'A[*s], B[*s] -> Y[*s]', quant: FLOAT, types: 'T, T -> T' },
];
