/** What each operator becomes in onnxruntime's QOperator format; what is not here reads and writes floats. */
import type { Attribute } from '../../../../ir/attribute.ts';
import { int } from '../../../../ir/attribute.ts';
import type { Node } from '../../../../ir/node.ts';
import { Tensor } from '../../../../ir/tensor.ts';
import type { Value } from '../../../../ir/value.ts';
import { quantize } from '../../../../numeric/quantize-linear.ts';
import type { QOperatorState, Quantized, ScaleZero } from './state.ts';

/** False where the node must stay float. */
export type QRule = (state: QOperatorState, node: Node) => boolean;

const MICROSOFT = 'com.microsoft';
const triple = ({ codes, scale, zeroPoint }: Quantized): Value[] => [codes, scale, zeroPoint];
const pair = ({ scale, zeroPoint }: ScaleZero): Value[] => [scale, zeroPoint];

function isQuantized(value: Quantized | null): value is Quantized {
  return value !== null;
}

/** Operators on activations only: codes, scale, zero point of each input, then scale and zero point of the result. */
function elementwise(
  indices: (node: Node) => readonly number[],
  more: (state: QOperatorState) => Extra = none,
): QRule {
  return (state, node) => {
    const { attributes = {}, result: fixed, ordered = inOrder } = more(state);
    const result = state.parameters(node.output(), fixed);
    const data = indices(node).map((index) => state.activation(node, index));
    if (!result || !data.every(isQuantized)) return false;
    const all = new Map([...node.attributes, ...Object.entries(attributes)]);
    state.replace(node, { op: `QLinear${node.op}`, domain: MICROSOFT }, ordered(data, result), result, all);
    return true;
  };
}

interface Extra {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly result?: { readonly scale: number; readonly zeroPoint: number };
  readonly ordered?: (data: readonly Quantized[], result: ScaleZero) => readonly Value[];
}

const none = (): Extra => ({});
const inOrder = (data: readonly Quantized[], result: ScaleZero): Value[] => [
  ...data.flatMap(triple),
  ...pair(result),
];
const unary = elementwise(() => [0]);
const binary = elementwise(() => [0, 1]);

/** Its result lies in [0, 1], whatever the data. */
const softmax = elementwise(
  () => [0],
  ({ options }) => ({
    attributes: { opset: int(options.opset) },
    result: { scale: 1 / 256, zeroPoint: options.spec.activation.type === 'uint8' ? 0 : -128 },
  }),
);

const concat = elementwise(
  (node) => node.inputs.map((_, index) => index),
  () => ({ ordered: (data, result) => [...pair(result), ...data.flatMap(triple)] }),
);

/** Multiplies with a weight and adds an int32 bias. */
function contraction(
  operator: { readonly op: string; readonly domain: string },
  axis: (node: Node) => number,
  type: (state: QOperatorState) => 'int8' | 'weight',
): QRule {
  return (state, node) => {
    const { spec } = state.options;
    const [value, bias] = [node.input(1), node.input(2)];
    const result = state.parameters(node.output());
    const input = state.activation(node, 0);
    const channels = spec.perChannel && value?.tensor;
    const weight = state.input(node, 1, {
      type: channels && type(state) === 'int8' ? 'int8' : spec.weightType,
      axis: channels ? axis(node) : null,
      reduceRange: true,
    });
    if (!result || !input || !weight || !value || (bias && !bias.tensor)) return false;
    const third = bias ? biasOf(state, node, { input, weight, source: value }) : null;
    const attributes = new Map([...node.attributes].filter(([name]) => name !== 'beta'));
    const [factors, tail] = [[...triple(input), ...triple(weight)], pair(result)];
    const inputs = operator.domain
      ? [...factors, third, ...tail]
      : [...factors, ...tail, ...(third ? [third] : [])];
    state.replace(node, operator, inputs, result, attributes);
    return true;
  };
}

function biasOf(
  state: QOperatorState,
  node: Node,
  from: { readonly input: Quantized; readonly weight: Quantized; readonly source: Value },
): Value | null {
  const bias = node.input(2);
  const known = state.known(bias);
  if (known || !bias?.tensor) return known?.codes ?? null;
  const made = state.constants.bias(bias, bias.tensor, { ...from, beta: node.float('beta', 1) });
  state.alias(bias, made);
  return made.codes;
}

const matmul: QRule = (state, node) => {
  const { spec } = state.options;
  const result = state.parameters(node.output());
  const left = state.activation(node, 0);
  const axis = spec.perChannel ? -1 : null;
  const right = state.input(node, 1, { type: spec.weightType, axis, reduceRange: true });
  if (!result || !left || !right) return false;
  const inputs = [...triple(left), ...triple(right), ...pair(result)];
  state.replace(node, { op: 'QLinearMatMul', domain: '' }, inputs, result, new Map());
  return true;
};

/** Nothing but the range of what is in front of it, which the integers have already. */
const cutOff: QRule = (state, node) => {
  const [known, output] = [state.known(node.input(0)), node.output()];
  if (!known || !output || state.options.spec.activation.symmetric) return false;
  state.graph.remove(node);
  state.alias(output, known);
  return true;
};

/** Runs on the integers of its input, if there are any. */
const direct: QRule = (state, node) => {
  const known = state.known(node.input(0));
  if (!known) return false;
  node.setInput(0, known.codes);
  state.writes(node, 0, known);
  return true;
};

const gather: QRule = (state, node) => {
  if (!node.input(0)?.tensor) return false;
  const data = state.activation(node, 0);
  if (!data) return false;
  node.setInput(0, data.codes);
  state.writes(node, 0, data);
  return true;
};

const argMax: QRule = (state, node) => {
  const known = state.known(node.input(0));
  if (known) node.setInput(0, known.codes);
  return known !== null;
};

const split: QRule = (state, node) => {
  const data = state.activation(node, 0);
  if (!data) return false;
  node.setInput(0, data.codes);
  if (node.name) node.name = `${node.name}_quant`;
  for (const index of node.outputs.keys()) state.writes(node, index, data, 'quantized');
  return true;
};

const globalAverage: QRule = (state, node) =>
  state.known(node.input(0)) !== null &&
  elementwise(
    () => [0],
    () => ({ attributes: { channels_last: int(0) } }),
  )(state, node);

const pad: QRule = (state, node) => {
  const known = state.known(node.input(0));
  const value = node.input(2);
  if (!known || (value && !value.tensor)) return false;
  if (node.text('mode', 'constant') === 'constant')
    node.setInput(2, value?.tensor ? fillOf(state, known, value, value.tensor) : known.zeroPoint);
  return direct(state, node);
};

function fillOf(state: QOperatorState, known: Quantized, value: Value, tensor: Tensor): Value {
  const [scale, zeroPoint] = [known.scale, known.zeroPoint].map(({ tensor: each }) =>
    Number(each?.array()[0]),
  );
  const { type } = state.options.spec.activation;
  const codes = quantize(Float32Array.from(tensor.array(), Number), type, {
    scale: scale ?? 1,
    zeroPoint: zeroPoint ?? 0,
  });
  return state.graph.addInitializer(`${value.name}_quantized`, Tensor.of(type, tensor.dims, codes));
}

/** A rule for models from this opset on. */
const since =
  (opset: number, rule: QRule): QRule =>
  (state, node) =>
    state.options.opset >= opset && rule(state, node);

/** By operator, whatever its domain. */
export const QRULES: Readonly<Record<string, QRule>> = {
  Add: binary,
  ArgMax: argMax,
  AveragePool: unary,
  Clip: cutOff,
  Concat: concat,
  Conv: contraction(
    { op: 'QLinearConv', domain: '' },
    () => 0,
    () => 'int8',
  ),
  Flatten: direct,
  Gather: gather,
  Gemm: contraction(
    { op: 'QGemm', domain: MICROSOFT },
    (node) => (node.int('transB') > 0 ? 0 : 1),
    () => 'weight',
  ),
  GlobalAveragePool: globalAverage,
  LeakyRelu: unary,
  MatMul: matmul,
  MaxPool: since(12, direct),
  Mul: binary,
  Pad: since(11, pad),
  Relu: cutOff,
  Reshape: direct,
  Resize: since(11, direct),
  Sigmoid: unary,
  Softmax: softmax,
  Split: split,
  Squeeze: direct,
  Transpose: direct,
  Unsqueeze: direct,
};
