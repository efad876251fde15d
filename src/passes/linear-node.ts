/** The linear operation that computes a value, with its constant weight and bias, ready to be scaled per channel. */
import { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import type { Constants } from './constants.ts';
import { readFloats } from './float-tensor.ts';
import type { PassScope } from './pass.ts';

export interface Bias {
  /** One per channel, one for all, or null where there is none. */
  readonly values: Float32Array | Float64Array | null;
  /** What the operation multiplies it with. */
  readonly factor: number;
  /**
   * Puts a new bias [channels] in its place; where none is possible (MatMul alone) an Add behind it, named after
   * `after`. Returns the node that makes the sum.
   */
  place(tensor: Tensor, after: Node): Node;
}

export interface Linear {
  readonly node: Node;
  readonly weight: Value;
  readonly bias: Bias;
  /** Output channels. */
  readonly channels: number;
  /** The weight as [groups, outer, channels / groups, inner]. */
  readonly layout: { readonly groups: number; readonly outer: number; readonly inner: number };
}

/** The operation behind `value`, or why it cannot take a scale per channel. */
export async function linearOf(
  value: Value,
  constants: Constants,
  scope: PassScope,
): Promise<Linear | string> {
  const { producer } = value;
  if (!producer || producer.graph !== value.graph) return 'its input is computed by no node of its graph';
  if (isShared(value)) return `its input '${value.name}' is used elsewhere too`;
  const { node, addend } = (producer.opType === 'Add' ? sumOf(producer, constants) : null) ?? {
    node: producer,
    addend: null,
  };
  if (!(node.opType in weightShapes) || (addend && node.opType !== 'MatMul'))
    return `its input comes from ${producer.op}`;
  if (addend && isShared(node.output())) return `'${node.output()?.name}' is used elsewhere too`;
  const weight = node.input(1);
  const tensor = constants.tensor(weight);
  if (!weight || !tensor) return `the weight of ${node.label} is not constant`;
  if (isShared(weight)) return `the weight of ${node.label} is used elsewhere too`;
  // A channel is axis 1 of what BatchNormalization sees; a product has its columns there only when it is a matrix.
  if (node.opType === 'MatMul' && (tensor.dims.length !== 2 || (await scope.types()).rank(value) !== 2))
    return `${node.label} is not known to give a matrix`;
  const shape = weightShapes[node.opType]?.(node, tensor.dims);
  if (!shape) return `the weight of ${node.label} has an unexpected shape`;
  const bias = biasOf(node, producer, addend, shape.channels, constants);
  return typeof bias === 'string' ? bias : { node, weight, bias, ...shape };
}

function isShared(value: Value | null): boolean {
  return value !== null && (value.useCount > 1 || value.isGraphOutput);
}

/** `x + constant`, in either order. */
function sumOf(add: Node, constants: Constants): { node: Node; addend: Value } | null {
  const [a, b] = [add.input(0), add.input(1)];
  if (a?.producer && b && constants.has(b)) return { node: a.producer, addend: b };
  if (b?.producer && a && constants.has(a)) return { node: b.producer, addend: a };
  return null;
}

type Shape = Pick<Linear, 'channels' | 'layout'>;

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** How the channels lie in a weight, by operator. */
const weightShapes: Readonly<Record<string, (node: Node, dims: readonly number[]) => Shape | null>> = {
  // [out, in / groups, ...kernel]
  Conv: (_, [out, ...rest]) =>
    out === undefined ? null : { channels: out, layout: { groups: 1, outer: 1, inner: size(rest) } },
  // [in, out / groups, ...kernel]
  ConvTranspose: (node, [into, out, ...kernel]) => {
    const groups = node.int('group', 1);
    if (into === undefined || out === undefined || into % groups !== 0) return null;
    return { channels: out * groups, layout: { groups, outer: into / groups, inner: size(kernel) } };
  },
  // [in, out], or [out, in] when transposed
  Gemm: (node, dims) => {
    const [rows, columns] = dims;
    if (rows === undefined || columns === undefined || dims.length !== 2) return null;
    return node.int('transB') === 1
      ? { channels: rows, layout: { groups: 1, outer: 1, inner: columns } }
      : { channels: columns, layout: { groups: 1, outer: rows, inner: 1 } };
  },
  MatMul: (_, [rows, columns]) =>
    rows === undefined || columns === undefined
      ? null
      : { channels: columns, layout: { groups: 1, outer: rows, inner: 1 } },
};

function biasOf(
  node: Node,
  producer: Node,
  addend: Value | null,
  channels: number,
  constants: Constants,
): Bias | string {
  const isMatMul = node.opType === 'MatMul';
  const present = isMatMul ? addend : node.input(2);
  const tensor = constants.tensor(present);
  if (present && !tensor) return `the bias of ${node.label} is not constant`;
  const last = tensor?.dims.at(-1) ?? 1;
  // One number per column: what stretches over rows as well is no bias.
  if (tensor && (tensor.size !== last || (last !== channels && last !== 1)))
    return `the bias of ${node.label} is not one number per channel`;
  const factor = node.opType === 'Gemm' ? node.float('beta', 1) : 1;
  const place = (bias: Tensor, after: Node): Node => {
    if (node.opType === 'Gemm') node.attributes.delete('beta');
    const value = constantFor(present, bias, node);
    if (!isMatMul) node.setInput(2, value);
    else if (addend) producer.setInput(producer.input(0) === addend ? 0 : 1, value);
    else return addBehind(node, value, after);
    return producer;
  };
  return { values: readFloats(tensor), factor, place };
}

/** The old bias when nobody else uses it, else a new one. */
function constantFor(present: Value | null, tensor: Tensor, node: Node): Value {
  if (present?.useCount === 1 && !present.isGraphOutput) {
    present.tensor = tensor;
    present.type = { dtype: tensor.dtype, shape: tensor.dims };
    return present;
  }
  if (!node.graph) throw new Error(`${node.label} is in no graph`);
  return node.graph.addInitializer(present?.name ?? `${node.input(1)?.name}_bias`, tensor);
}

function addBehind(node: Node, bias: Value, after: Node): Node {
  const { graph } = node;
  const product = node.output();
  if (!graph || !product) throw new Error(`${node.label} is in no graph`);
  const add = new Node({ op: 'Add', name: after.name, inputs: [product, bias], outputs: [] });
  return graph.insertAfter(after, add);
}
