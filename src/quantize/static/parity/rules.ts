/** Which tensors of a node onnxruntime's static quantizer (QDQ) quantizes, operator by operator. */
import type { Node } from '../../../ir/node.ts';
import { constantOf } from '../../../ops/nodes.ts';
import { isFloat, type Marks } from './marks.ts';

export type Rule = (marks: Marks, node: Node) => void;

/** Everything that is float. */
const all: Rule = (marks, node) => {
  for (const value of [...node.inputs, ...node.outputs]) marks.activation(value);
};

/** Moves values: quantized only where its input is, with the same parameters. */
const direct: Rule = (marks, node) => {
  if (marks.isMarked(node.input(0))) marks.share(node.output(), node.input(0));
};

/** `rule` where the kernel of that version takes integers; older ones stay as they are. */
function since(opset: number, rule: Rule): Rule {
  return (marks, node) => {
    if (marks.options.opset >= opset) rule(marks, node);
  };
}

/** A weight with channels along `axis` and an int32 bias. */
function contraction(axis: (node: Node) => number): Rule {
  return (marks, node) => {
    const [input, weight] = [node.input(0), node.input(1)];
    marks.activation(input);
    marks.activation(node.output());
    marks.weight(weight, axis(node));
    marks.bias(node, 2, { input, weight, beta: node.float('beta', 1) });
    // The bias has it now.
    const beta = node.attributes.get('beta');
    if (beta && node.input(2)?.tensor) node.attributes.set('beta', { kind: 'float', value: 1 });
  };
}

const matmul: Rule = (marks, node) => {
  for (const value of [...node.inputs, ...node.outputs])
    if (value?.tensor) marks.weight(value, 1);
    else marks.activation(value);
};

/** Relu and Clip: nothing but the range of what is in front of them. */
const cutOff: Rule = (marks, node) => {
  const [input, output] = [node.input(0), node.output()];
  if (!marks.isMarked(input)) return;
  if (!marks.absorb(node)) marks.activation(input);
  marks.activation(output);
};

const gather: Rule = (marks, node) => {
  const data = node.input(0);
  if (data?.tensor && isFloat(data)) marks.activation(data);
  else if (!marks.isMarked(data)) return;
  marks.share(node.output(), data);
};

const split: Rule = (marks, node) => {
  marks.activation(node.input(0));
  for (const value of node.outputs) marks.share(value, node.input(0));
};

const where: Rule = (marks, node) => {
  if (marks.isMarked(node.input(1)) && marks.isMarked(node.input(2))) marks.activation(node.output());
};

const normalization: Rule = (marks, node) => {
  const [input, weight] = [node.input(0), node.input(1)];
  marks.activation(input);
  if (weight?.tensor) marks.weight(weight, 1);
  else marks.activation(weight);
  marks.bias(node, 2, { input, weight, beta: 1 });
  for (const value of node.outputs) marks.activation(value);
};

const pad: Rule = (marks, node) => {
  for (const value of node.inputs) marks.activation(value);
  const bringsNothing = node.text('mode', 'constant') !== 'constant' || fillOf(marks, node) === 0;
  if (bringsNothing) marks.share(node.output(), node.input(0));
  else marks.activation(node.output());
};

/** The value Pad fills with; null where it is computed. */
function fillOf({ options }: Marks, node: Node): number | null {
  if (node.input(0)?.tensor) return null;
  if (options.opset < 11) return node.float('value', 0);
  const value = node.input(2);
  if (!value) return 0;
  const tensor = constantOf(value);
  return tensor?.dtype === 'float32' && tensor.size === 1 ? Number(tensor.array()[0]) : null;
}

/** By operator, whatever its domain. What is not here stays float. */
export const RULES: Readonly<Record<string, Rule>> = {
  Add: all,
  ArgMax: all,
  AveragePool: direct,
  BatchNormalization: normalization,
  Clip: cutOff,
  Concat: all,
  Conv: contraction(() => 0),
  ConvTranspose: contraction(() => 1),
  CumSum: all,
  EmbedLayerNormalization: all,
  Flatten: direct,
  Gather: gather,
  GatherElements: gather,
  Gemm: contraction((node) => (node.int('transB') > 0 ? 0 : 1)),
  GlobalAveragePool: all,
  InstanceNormalization: normalization,
  LayerNormalization: normalization,
  LeakyRelu: all,
  MatMul: matmul,
  MaxPool: since(12, direct),
  Mul: all,
  Pad: pad,
  Relu: cutOff,
  Reshape: direct,
  Resize: since(11, direct),
  Sigmoid: all,
  Slice: direct,
  Softmax: all,
  Split: split,
  Squeeze: direct,
  TopK: direct,
  Transpose: direct,
  Unsqueeze: direct,
  Where: where,
};
