/** All operators llmc has facts of, family by family. */
import type { Node } from '../ir/node.ts';
import { activation } from './families/activation.ts';
import { arithmetic } from './families/arithmetic.ts';
import { attentions } from './families/attention.ts';
import { blockedWeights } from './families/blocked-weights.ts';
import { comparison } from './families/comparison.ts';
import { constants } from './families/constants.ts';
import { containers } from './families/containers.ts';
import { controlFlow } from './families/control-flow.ts';
import { convolution } from './families/conv.ts';
import { einsumFamily } from './families/einsum.ts';
import { elementwise } from './families/elementwise.ts';
import { embedding } from './families/embedding.ts';
import { indexing } from './families/gather.ts';
import { gemmFamily } from './families/gemm.ts';
import { identity } from './families/identity.ts';
import { resampling } from './families/image.ts';
import { segments } from './families/join.ts';
import { loss } from './families/loss.ts';
import { machineLearning } from './families/machine-learning.ts';
import { matrixProduct } from './families/matmul.ts';
import { normalization } from './families/normalization.ts';
import { pooling } from './families/pool.ts';
import { quantizeLinear } from './families/quantize-linear.ts';
import { quantizedElementwise } from './families/quantized-elementwise.ts';
import { random } from './families/random.ts';
import { recurrentNetworks } from './families/recurrent.ts';
import { reduction } from './families/reduce.ts';
import { rearrangement } from './families/reshape.ts';
import { selection } from './families/selection.ts';
import { signal } from './families/signal.ts';
import { slicing } from './families/slice.ts';
import { softmaxFamily } from './families/softmax.ts';
import { text } from './families/text.ts';
import type { Bodies, OpSpec } from './spec.ts';

/** The families, in the order of their files. */
export const families: readonly (readonly OpSpec[])[] = [
  activation,
  arithmetic,
  attentions,
  blockedWeights,
  comparison,
  constants,
  containers,
  controlFlow,
  convolution,
  einsumFamily,
  elementwise,
  embedding,
  indexing,
  gemmFamily,
  identity,
  resampling,
  segments,
  loss,
  machineLearning,
  matrixProduct,
  normalization,
  pooling,
  quantizeLinear,
  quantizedElementwise,
  random,
  recurrentNetworks,
  reduction,
  rearrangement,
  selection,
  signal,
  slicing,
  softmaxFamily,
  text,
];

/** Every operator by type: ai.onnx first, then the other domains. */
export const operators: readonly OpSpec[] = families.flat().sort((a, b) => {
  const named = Number(a.type.includes('.')) - Number(b.type.includes('.'));
  return named !== 0 ? named : a.type < b.type ? -1 : 1;
});

const byType = new Map(operators.map((spec) => [spec.type, spec]));

/** The facts of a node's operator; null when llmc knows nothing of it. */
export function specOf(node: Node): OpSpec | null {
  return byType.get(node.opType) ?? null;
}

/** How a node runs its bodies; null where llmc does not know. @param opset version of ai.onnx */
export function bodiesOf(node: Node, opset: number): Bodies | null {
  const bodies = specOf(node)?.bodies;
  return bodies && opset >= (bodies.since ?? 1) ? bodies : null;
}
