/** MatMul and Gemm with a constant matrix, as com.microsoft MatMulNBits. */
import { type Attribute, int, ints } from '../../ir/attribute.ts';
import type { DType } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { encodeHalf } from '../../numeric/half.ts';
import { constantMatrix } from '../constant-matrix.ts';
import { Emitter, takeOutputs } from '../emit.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { type NBitsMatrices, type NBitsMatrix, quantizedBytes } from './matrix.ts';

/** A product of two computed values has no weight to report on. */
const COMPUTED = '';

/** Y = A B with constant B [k, n]; a B behind a Transpose stays tied to its other users. */
export function matMulToNBits(node: Node, matrices: NBitsMatrices, options: SchemeOptions): string | null {
  const [a, b] = node.inputs;
  if (!a || !b) return 'an operand is missing';
  const matrix = constantMatrix(b);
  if (!matrix?.value.tensor)
    return a.tensor ? 'the constant is on the left; MatMulNBits takes it on the right' : COMPUTED;
  if (options.parity && matrix.value !== b) return "onnxruntime's tool looks only at initializers";
  const reason = unsuited(matrix.value.tensor, matrix.transposed, a, options);
  if (reason) return reason;
  emit(node, a, matrices.get(matrix.value, matrix.transposed, options.bits), options, null);
  return null;
}

/** Y = alpha op(A) op(B) + beta C: alpha goes into the scales, C is added behind. */
export function gemmToNBits(node: Node, matrices: NBitsMatrices, options: SchemeOptions): string | null {
  const [a, b, c] = node.inputs;
  if (!a || !b?.tensor) return COMPUTED;
  const rows = node.int('transB') !== 0;
  const reason = unsuited(b.tensor, rows, a, options);
  if (reason) return reason;
  const emitter = new Emitter(node);
  const perm = { perm: ints([1, 0]) };
  const left = node.int('transA')
    ? emitter.op('Transpose', [a], `${a.name}_transposed`, { attributes: perm })
    : a;
  const beta = node.float('beta', 1);
  const factor = (): Value => emitter.constant(`${c?.name}_beta`, scalarLike(b.tensor?.dtype, beta));
  const bias = c && beta !== 1 ? emitter.op('Mul', [c, factor()], `${c.name}_scaled`) : (c ?? null);
  emit(node, left, matrices.get(b, rows, options.bits, node.float('alpha', 1)), options, bias);
  return null;
}

/** A scalar in the float type of the weight, which is that of the whole Gemm. */
function scalarLike(dtype: DType | undefined, value: number): Tensor {
  if (dtype !== 'float16') return Tensor.scalar(value);
  const half = new Uint16Array(1);
  encodeHalf(Float32Array.of(value), half);
  return Tensor.of('float16', [], half);
}

function unsuited(tensor: Tensor, rows: boolean, a: Value, options: SchemeOptions): string | null {
  const { dims, dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'float16') return `MatMulNBits takes no ${dtype}`;
  if (dims.length < 2) return 'a vector: too small to pay';
  if (dims.slice(0, -2).some((dim) => dim !== 1)) return 'a stack of matrices: MatMulNBits takes one';
  if (dims.length > 2 && (a.rank ?? 0) < dims.length) return 'it would lose an axis of its result';
  if (a.rank === 1) return 'its data is a vector: MatMulNBits takes rows';
  const [first, second] = dims.slice(-2) as [number, number];
  const [n, k] = rows ? [first, second] : [second, first];
  if (!options.parity && quantizedBytes(n, k, options) >= tensor.byteLength)
    return 'padding to whole blocks would make it larger';
  return null;
}

function emit(node: Node, a: Value, matrix: NBitsMatrix, options: SchemeOptions, bias: Value | null): void {
  const emitter = new Emitter(node);
  const [output] = takeOutputs(node);
  if (!output) return;
  const target = bias ? emitter.graph.value(`${output.name}_MatMul`) : output;
  const attributes: Record<string, Attribute> = {
    K: int(matrix.k),
    N: int(matrix.n),
    bits: int(matrix.bits),
    block_size: int(options.blockSize),
  };
  if (options.accuracyLevel !== null) attributes['accuracy_level'] = int(options.accuracyLevel);
  const inputs = [a, matrix.codes, matrix.scales, ...(matrix.zeroPoints ? [matrix.zeroPoints] : [])];
  emitter.into('MatMulNBits', inputs, [target], {
    name: node.name ? `${node.name}_Q${matrix.bits}` : '',
    domain: 'com.microsoft',
    attributes,
  });
  if (bias) emitter.into('Add', [target, bias], [output], { name: node.name ? `${node.name}_Add` : '' });
  emitter.graph.remove(node);
}
