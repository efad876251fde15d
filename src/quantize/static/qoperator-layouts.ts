/** How onnxruntime's integer operators take their inputs, by operator; everything else about them are facts of src/ops. */
import { type Attribute, int } from '../../ir/attribute.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { Codes } from './qoperator-codes.ts';

/** What a kernel is called with. */
export interface Call {
  readonly node: Node;
  /** The inputs that `data` names. */
  readonly data: readonly Codes[];
  /** int32, scaled with the product of the factors' scales. */
  readonly bias: Value | null;
  /** Null where the result stays float. */
  readonly result: Codes | null;
  /** ai.onnx version of the graph. */
  readonly opset: number;
}

export interface Layout {
  /** Inputs of the float operator that become integers. */
  readonly data: (node: Node) => readonly number[];
  /** The input that is an int32 bias. */
  readonly bias?: number;
  /** The axis along which the second factor may have scales; null where it may have one only. */
  readonly channelAxis?: (node: Node, rank: number) => number | null;
  readonly inputs: (call: Call) => readonly (Value | null)[];
  /** Attributes besides those of the float operator. */
  readonly attributes?: (call: Call) => Readonly<Record<string, Attribute>>;
  /** Attributes of the float operator that the integer one does not know; with other values than these nothing can be done. */
  readonly fixed?: Readonly<Record<string, number>>;
  /** The operator and inputs for a result in floats; absent where there is none. */
  readonly floats?: {
    readonly operator: string;
    readonly inputs: (call: Call) => readonly (Value | null)[];
  };
}

const triple = ({ codes, scale, zeroPoint }: Codes): Value[] => [codes, scale, zeroPoint];
const pair = (result: Codes | null): Value[] => (result ? [result.scale, result.zeroPoint] : []);
const inOrder = ({ data, result }: Call): Value[] => [...data.flatMap(triple), ...pair(result)];

const binary: Layout = { data: () => [0, 1], inputs: inOrder };
const unary: Layout = { data: () => [0], inputs: inOrder };
/** Feature maps keep their channels in front. */
const channelsFirst = () => ({ channels_last: int(0) });

/** Inputs (codes, scale, zero point) for each operand, then (scale, zero point) of the result, unless said otherwise. */
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  QLinearConv: {
    data: () => [0, 1],
    bias: 2,
    channelAxis: () => 0,
    inputs: (call) => [...inOrder(call), ...(call.bias ? [call.bias] : [])],
  },
  QLinearMatMul: {
    data: () => [0, 1],
    channelAxis: (_node, rank) => (rank === 2 ? 1 : null),
    inputs: inOrder,
    floats: {
      operator: 'com.microsoft.MatMulIntegerToFloat',
      inputs: ({ data }) => [
        ...data.map(({ codes }) => codes),
        ...data.map(({ scale }) => scale),
        ...data.map(({ zeroPoint }) => zeroPoint),
      ],
    },
  },
  'com.microsoft.QGemm': {
    data: () => [0, 1],
    bias: 2,
    channelAxis: (node) => (node.int('transB') === 0 ? 1 : 0),
    inputs: ({ data, bias, result }) => [...data.flatMap(triple), bias, ...pair(result)],
    fixed: { beta: 1 },
    floats: {
      operator: 'com.microsoft.QGemm',
      inputs: ({ data, bias }) => [...data.flatMap(triple), ...(bias ? [bias] : [])],
    },
  },
  'com.microsoft.QLinearAdd': binary,
  'com.microsoft.QLinearMul': binary,
  'com.microsoft.QLinearLeakyRelu': unary,
  'com.microsoft.QLinearSigmoid': unary,
  'com.microsoft.QLinearAveragePool': { ...unary, attributes: channelsFirst, fixed: { dilations: 1 } },
  'com.microsoft.QLinearGlobalAveragePool': { ...unary, attributes: channelsFirst },
  'com.microsoft.QLinearSoftmax': {
    ...unary,
    // It follows the rules of the ai.onnx version it is told, of which the default axis is one.
    attributes: ({ node, opset }) => ({
      axis: node.attributes.get('axis') ?? int(opset < 13 ? 1 : -1),
      opset: int(opset),
    }),
  },
  'com.microsoft.QLinearConcat': {
    data: (node) => node.inputs.map((_, index) => index),
    inputs: ({ data, result }) => [...pair(result), ...data.flatMap(triple)],
  },
  'com.microsoft.QLinearWhere': {
    data: () => [1, 2],
    inputs: (call) => [call.node.input(0), ...inOrder(call)],
  },
};
