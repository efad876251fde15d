/** MatMul, Gemm and FusedMatMul with a constant operand, as MatMulInteger. */
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { constantMatrix, type Matrix } from '../constant-matrix.ts';
import { Emitter, takeOutputs } from '../emit.ts';
import { symmetricWeights } from '../schemes/scheme.ts';
import type { WeightSpec } from '../weight.ts';
import type { DynamicQuantizer, Quantized } from './quantizer.ts';

/** Y = A B with constant B (or constant A): integers in, int32 out, scaled back to float. */
export function quantizeMatMul(q: DynamicQuantizer, node: Node): string | null {
  const [a, b] = node.inputs;
  if (!a || !b) return 'an operand is missing';
  const right = constantMatrix(b);
  // To onnxruntime's tool a constant behind a Transpose is computed.
  if (right && (b.tensor || !q.options.parity)) {
    if ((right.value.tensor?.dims.length ?? 0) < 2) return 'a vector: too small to pay';
    emitProduct(q, node, { left: q.activation(a, node), right: matrix(q, node, right, 1), bias: null });
    return null;
  }
  if (!a.tensor || q.options.parity) return COMPUTED;
  const left = q.weight(a, { ...weightSpec(q), axis: null });
  emitProduct(q, node, { left, right: q.activation(b, node), bias: null });
  return null;
}

/** Y = alpha op(A) op(B) + beta C: alpha goes into the scales; op(B) is a constant again. */
export function quantizeGemm(q: DynamicQuantizer, node: Node): string | null {
  const [a, b, c] = node.inputs;
  if (!a || !b?.tensor) return COMPUTED;
  if (b.tensor.dims.length !== 2) return 'its second operand is no matrix';
  const alpha = node.float('alpha', 1);
  const beta = node.float('beta', 1);
  if (q.options.parity && (alpha !== 1 || beta !== 1 || node.int('transA') !== 0))
    return 'onnxruntime rewrites only alpha = beta = 1 and transA = 0';
  const emitter = new Emitter(node);
  const left = node.int('transA') ? q.transposed(a, node) : a;
  const operand = { value: b, transposed: node.int('transB') !== 0 };
  emitProduct(q, node, {
    left: q.activation(left, node),
    right: matrix(q, node, operand, alpha),
    bias: c ? scaled(emitter, c, beta) : null,
  });
  return null;
}

/** com.microsoft.FusedMatMul: transposes and alpha around a MatMul. */
export function quantizeFusedMatMul(q: DynamicQuantizer, node: Node): string | null {
  if (node.int('transA') || node.int('transBatchA') || node.int('transBatchB'))
    return 'its transposes have no integer form';
  const [a, b] = node.inputs;
  if (!a || b?.tensor?.dims.length !== 2) return 'its second operand is no constant matrix';
  const operand = { value: b, transposed: node.int('transB') !== 0 };
  const right = matrix(q, node, operand, node.float('alpha', 1));
  emitProduct(q, node, { left: q.activation(a, node), right, bias: null });
  return null;
}

function scaled(emitter: Emitter, value: Value, factor: number): Value {
  if (factor === 1) return value;
  return emitter.op(
    'Mul',
    [value, emitter.constant(`${value.name}_factor`, Tensor.scalar(factor))],
    `${value.name}_scaled`,
  );
}

/**
 * A constant as right operand [.., k, n], one scale per column where wanted. A constant used elsewhere too (a tied
 * embedding) keeps one set of codes: it is transposed by a node, which runtimes fold while loading.
 */
function matrix(q: DynamicQuantizer, node: Node, { value, transposed }: Matrix, alpha: number): Quantized {
  const rank = value.tensor?.dims.length ?? 0;
  const base = weightSpec(q);
  // The columns of a stack of matrices share scales, but its kernel takes only one zero point (onnxruntime's tool
  // gives it more, and the model does not run).
  const stack = rank > 2 && !q.options.parity;
  const axis = stack && !base.symmetric ? null : q.scaleAxis(value, transposed ? 0 : rank - 1);
  const spec: WeightSpec = {
    ...base,
    axis,
    ...(alpha === 1 ? {} : { factor: alpha }),
    ...(stack && axis !== null ? { zeroPointDims: [] } : {}),
  };
  if (!transposed) return q.weight(value, spec);
  if (!q.isTied(value)) return q.weight(value, { ...spec, transpose: true });
  const shared = q.weight(value, spec);
  return { ...shared, codes: q.transposed(shared.codes, node) };
}

function weightSpec(q: DynamicQuantizer): Omit<WeightSpec, 'axis'> {
  const { weightType, reduceRange } = q.options;
  return { type: weightType, symmetric: symmetricWeights(q.options), reduceRange };
}

const GEMM = 'Gemm';

/** A product of two computed values has no weight to report on. */
const COMPUTED = '';

interface Product {
  readonly left: Quantized;
  readonly right: Quantized;
  readonly bias: Value | null;
}

function emitProduct(q: DynamicQuantizer, node: Node, { left, right, bias }: Product): void {
  const emitter = new Emitter(node);
  const [output] = takeOutputs(node);
  if (!output) return;
  const isGemm = node.op === GEMM;
  // Gemm becomes <name>_MatMul and <name>_Add, as onnxruntime's rewrite calls them.
  const base = bias ? `${output.name}_MatMul` : output.name;
  const inner = isGemm && node.name ? `${node.name}_MatMul` : node.name;
  const product = emitter.op(
    'MatMulInteger',
    [left.codes, right.codes, left.zeroPoint, right.zeroPoint],
    `${base}_output_quantized`,
    { name: inner ? `${inner}_quant` : '' },
  );
  const target = bias ? emitter.graph.value(base) : output;
  q.rescale(inner, emitter, product, [left.scale, right.scale], target, 'float32');
  if (bias) emitter.into('Add', [target, bias], [output], { name: node.name ? `${node.name}_Add` : '' });
  emitter.graph.remove(node);
}
