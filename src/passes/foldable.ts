/** Which operators give the same result for the same inputs, so that constants may be put through them. */
import type { Node } from '../ir/node.ts';

/** Operators with a random generator, and those that make sequences or optionals, which no initializer can hold. */
const NEVER = new Set([
  'Bernoulli',
  'ConcatFromSequence',
  'Multinomial',
  'Optional',
  'OptionalGetElement',
  'OptionalHasElement',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'SequenceAt',
  'SequenceConstruct',
  'SequenceEmpty',
  'SequenceErase',
  'SequenceInsert',
  'SequenceLength',
  'SplitToSequence',
  // Quantized constants stay quantized, whatever it would save to fold a small one.
  'DequantizeLinear',
  'DynamicQuantizeLinear',
]);

/** Domains whose operators onnxruntime runs; others may mean anything. */
const DOMAINS = new Set(['', 'ai.onnx.ml', 'com.microsoft']);

/** com.microsoft holds mostly fused and quantized kernels, whose constants are meant to stay as they are. */
const MICROSOFT = new Set([
  'BiasGelu',
  'CDist',
  'FastGelu',
  'FusedMatMul',
  'Gelu',
  'Inverse',
  'Pad',
  'QuickGelu',
  'Trilu',
  'Unique',
]);

/** True when the node computes the same thing every time it gets the same inputs, and nothing else. */
export function isDeterministic(node: Node): boolean {
  if (!DOMAINS.has(node.domain) || NEVER.has(node.op) || node.subgraphs.length > 0) return false;
  if (node.domain === 'com.microsoft' && !MICROSOFT.has(node.op)) return false;
  for (const attribute of node.attributes.values()) if (attribute.kind === 'reference') return false;
  // A Dropout with three inputs may be told to train.
  return node.op !== 'Dropout' || node.input(2) === null;
}
