/** int8-dynamic: integer kernels with activations quantized while the model runs; no data needed. */
import { isFloat } from '../../ir/dtype.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { allNodes } from '../../ir/walk.ts';
import { constantMatrix } from '../constant-matrix.ts';
import { DequantizedWeights } from '../dequantized-weight.ts';
import { quantizeAttention } from '../dynamic/attention.ts';
import { quantizeConv } from '../dynamic/conv.ts';
import { quantizeEmbedLayerNorm } from '../dynamic/embed-layer-norm.ts';
import { quantizeGather } from '../dynamic/gather.ts';
import { quantizeFusedMatMul, quantizeGemm, quantizeMatMul } from '../dynamic/matmul.ts';
import { DynamicQuantizer } from '../dynamic/quantizer.ts';
import { quantizeLstm } from '../dynamic/recurrent.ts';
import { transposeLikeOnnxruntime } from '../dynamic/transpose.ts';
import { storeWeightsOnly } from '../dynamic/weights-only.ts';
import { dropUnused } from '../emit.ts';
import { applyTransforms, transformOptions } from '../transforms/run.ts';
import { type Scheme, type SchemeOptions, WORTHWHILE } from './scheme.ts';

/** Rewrites one node; a string says why it stays as it is. */
type Rule = (q: DynamicQuantizer, node: Node) => string | null;

interface Entry {
  readonly rule: Rule;
  /** Input that holds the data: it must be float32 for DynamicQuantizeLinear. */
  readonly data: number;
  /** Inputs that may hold the weight. */
  readonly weights: readonly number[];
}

/** Operators with an integer kernel in onnxruntime's CPU provider. */
const RULES: Readonly<Record<string, Entry>> = {
  Conv: { rule: quantizeConv, data: 0, weights: [1] },
  Gather: { rule: quantizeGather, data: 0, weights: [0] },
  Gemm: { rule: quantizeGemm, data: 0, weights: [1] },
  LSTM: { rule: quantizeLstm, data: 0, weights: [1, 2] },
  MatMul: { rule: quantizeMatMul, data: 0, weights: [0, 1] },
  'com.microsoft.Attention': { rule: quantizeAttention, data: 0, weights: [1] },
  'com.microsoft.EmbedLayerNormalization': {
    rule: quantizeEmbedLayerNorm,
    data: 2,
    weights: [2, 3, 4, 5, 6],
  },
  'com.microsoft.FusedMatMul': { rule: quantizeFusedMatMul, data: 0, weights: [1] },
};

/** What onnxruntime's tool moves to integers besides. */
const PARITY_RULES: Readonly<Record<string, Entry>> = {
  Transpose: { rule: transposeLikeOnnxruntime, data: 0, weights: [] },
};

export const int8Dynamic: Scheme = {
  name: 'int8-dynamic',
  summary: 'int8 weights and integer kernels; activations are quantized while the model runs',
  opset: () => ({ wanted: 11, least: 11 }),
  async apply(model, options, outcome, context) {
    await applyTransforms(model, options.static.transforms, transformOptions(options, 8), outcome, context);
    const q = new DynamicQuantizer(model, options, outcome);
    const weightOnly = new DequantizedWeights(model);
    // onnxruntime's tools leave subgraphs alone unless told otherwise.
    const nodes = options.parity ? model.graph.nodes : [...allNodes(model, { functions: false })];
    const progress = context.progress('planning', nodes.length);
    for (const node of nodes) {
      progress.tick();
      const entry = RULES[node.opType] ?? (options.parity ? PARITY_RULES[node.opType] : undefined);
      const label = node.label;
      if (entry) {
        const reason = obstacle(node, entry, options) ?? entry.rule(q, node);
        if (reason === null) outcome.change(label, `${node.op} runs on integers`);
        else if (reason !== '') outcome.skip(label, reason, weightBytes(node, entry.weights), 'node');
      } else if (!options.parity)
        storeWeightsOnly(node, { weightOnly, opset: model.opset }, options, outcome);
    }
    for (const work of q.deferred) work();
    dropUnused([...q.retired, ...weightOnly.retired]);
    if (options.parity) signLikeOnnxruntime(model);
    progress.done();
  },
};

/** onnxruntime's tool replaces the producer and leaves a note that shapes were inferred. */
function signLikeOnnxruntime(model: Model): void {
  model.producerName = 'onnx.quantize';
  model.producerVersion = '0.1.0';
  model.metadata.set('onnx.infer', 'onnxruntime.quant');
}

/** Why a node cannot even be considered; '' when it is none of this scheme's business (no weight at all). */
function obstacle(node: Node, entry: Entry, { select, parity }: SchemeOptions): string | null {
  const weights = entry.weights.flatMap((index) => node.input(index) ?? []);
  const excluded = select(node);
  if (excluded) return excluded;
  const data = node.input(entry.data);
  const dtype = data?.dtype ?? node.output()?.dtype;
  if (dtype && !isFloat(dtype)) return '';
  if (dtype && dtype !== 'float32') return `its data is ${dtype}; DynamicQuantizeLinear takes only float32`;
  const constants = weights.flatMap((value) => constantMatrix(value)?.value.tensor ?? []);
  if (constants.some((tensor) => !isFloat(tensor.dtype))) return 'its weight is quantized already';
  // Where nothing is known of the data, the weight tells as much.
  const other = constants.find((tensor) => tensor.dtype !== 'float32');
  if (other) return `its weight is ${other.dtype}; DynamicQuantizeLinear takes only float32`;
  const small = constants.length > 0 && constants.every((tensor) => tensor.size < WORTHWHILE);
  return small && !parity ? 'small: nothing to gain' : null;
}

function weightBytes(node: Node, indices: readonly number[]): number {
  return indices.reduce((sum, index) => sum + (node.constant(index)?.byteLength ?? 0), 0);
}
