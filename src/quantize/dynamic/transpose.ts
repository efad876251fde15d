/** Transpose of integers that exist already, as onnxruntime's tool has it; llmc itself keeps tied tables together. */
import type { Node } from '../../ir/node.ts';
import type { DynamicQuantizer } from './quantizer.ts';

/** Only behind what is quantized; any other is nobody's business. */
export function transposeLikeOnnxruntime(q: DynamicQuantizer, node: Node): string | null {
  const [input] = node.inputs;
  const output = node.output();
  if (!input || !output || !node.graph) return '';
  const quantized = q.present(node.graph, input);
  if (!quantized) return '';
  node.setInput(0, quantized.codes);
  q.hand(node, node.graph, output, quantized);
  return null;
}
