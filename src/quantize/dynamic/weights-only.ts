/** Recurrent networks that onnxruntime has no integer kernel for: their weights are stored as int8 all the same. */
import type { Node } from '../../ir/node.ts';
import { channelAxis } from '../../ops/contraction.ts';
import type { DequantizedWeights } from '../dequantized-weight.ts';
import type { Outcome } from '../outcome.ts';
import { type SchemeOptions, WORTHWHILE } from '../schemes/scheme.ts';

/** Operators without an integer kernel whose weights still can be stored as int8. */
const WEIGHT_ONLY: Readonly<Record<string, readonly number[]>> = { GRU: [1, 2], RNN: [1, 2] };

/** Stores the weights of a node of the table as int8, with DequantizeLinear in front; other nodes are left alone. */
export function storeWeightsOnly(
  node: Node,
  { weightOnly, opset }: { weightOnly: DequantizedWeights; opset: number },
  options: SchemeOptions,
  outcome: Outcome,
): void {
  const indices = WEIGHT_ONLY[node.opType];
  if (!indices) return;
  const bytes = indices.reduce((sum, index) => sum + (node.constant(index)?.byteLength ?? 0), 0);
  const excluded = options.select(node);
  if (excluded) {
    outcome.skip(node.label, excluded, bytes, 'node');
    return;
  }
  let done = 0;
  for (const index of indices) {
    const weight = node.constant(index);
    if (weight?.dtype !== 'float32' || weight.size < WORTHWHILE) continue;
    const axis = options.perChannel && opset >= 13 ? channelAxis(node, index) : null;
    weightOnly.replace(node, index, { type: 'int8', symmetric: true, reduceRange: false, axis });
    done++;
  }
  if (done > 0)
    outcome.change(node.label, `${node.op} keeps float arithmetic, its weights are stored as int8`);
}
