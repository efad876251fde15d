/** What runtimes fuse, taken apart again: products with transposition and scale, activations behind layers. */

import type { Attribute } from '../../ir/attribute.ts';
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Decomposition, NodeScope } from '../gradient.ts';

/** alpha op(A) op(B), stacks as numpy.matmul has them. */
export const fusedMatMul: Decomposition = (g) => {
  const { f, node } = g;
  if (node.int('transBatchA', 0) !== 0 || node.int('transBatchB', 0) !== 0)
    throw g.unsupported('it moves the axes of its stacks');
  const operand = (index: number, name: string): Value => {
    const rank = g.shape(g.input(index)).length;
    if (node.int(name, 0) === 0 || rank < 2) return g.input(index);
    const order = Array.from({ length: rank }, (_, axis) => axis);
    return f.transpose(g.input(index), [...order.slice(0, -2), rank - 1, rank - 2]);
  };
  return [f.mul(f.matmul(operand(0, 'transA'), operand(1, 'transB')), node.float('alpha', 1))];
};

export const fusedGemm: Decomposition = (g) => [
  activated(g, inner(g, 'Gemm', ['alpha', 'beta', 'transA', 'transB'], 3)),
];

export const fusedConv: Decomposition = (g) => {
  const names = ['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides'];
  const made = inner(g, 'Conv', names, 3);
  const other = g.node.input(3);
  return [activated(g, other ? g.f.add(made, other) : made)];
};

function inner({ f, node }: NodeScope, op: string, names: readonly string[], count: number): Value {
  const kept = names.flatMap((name): [string, Attribute][] => {
    const attribute = node.attributes.get(name);
    return attribute ? [[name, attribute]] : [];
  });
  return f.op(op, node.inputs.slice(0, count), { attributes: Object.fromEntries(kept) });
}

/** Attributes of activations, in the order parameters come in. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  Sigmoid: [],
  Tanh: [],
  LeakyRelu: ['alpha'],
  HardSigmoid: ['alpha', 'beta'],
};

function activated(g: NodeScope, x: Value): Value {
  const { f, node } = g;
  const name = node.text('activation', '');
  if (name === '') return x;
  const given = node.attributes.get('activation_params');
  const stated = given?.kind === 'floats' ? given.value : [];
  if (name === 'Clip') return f.min(f.max(x, stated[0] ?? -Infinity), stated[1] ?? Infinity);
  const parameters = PARAMETERS[name];
  if (!parameters) throw g.unsupported(`its activation ${name} is not covered`);
  const named = parameters.flatMap((parameter, at) => {
    // FusedGemm has them as attributes of their own.
    const own = node.attributes.get(`activation_${parameter}`);
    const value = own?.kind === 'float' ? own.value : stated[at];
    return value === undefined ? [] : [[parameter, { float: value }] as const];
  });
  return f.op(name, [x], { attributes: attributesOf(Object.fromEntries(named)) });
}
