/** What a model is made of, as far as it decides what is worth trying. */
import { stat } from 'node:fs/promises';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { sizeOf } from '../ir/tensor.ts';
import { allNodes } from '../ir/walk.ts';
import { openModel } from '../onnx/read.ts';
import { signatureOf } from '../ops/signature-of.ts';
import { specOf } from '../ops/table.ts';

export interface Facts {
  readonly bytes: number;
  /** Weights by operator that reads them, the heaviest first. */
  readonly weightsByOp: readonly { readonly op: string; readonly share: number }[];
  /** Share of the weights that are factors of matrix products or tables that are looked up. */
  readonly matrixShare: number;
  /** Operators with weights that slide windows over their data. */
  readonly windowOps: readonly string[];
  readonly model: Model;
}

export async function factsOf(path: string): Promise<Facts> {
  const { model, externalFiles } = openModel(path);
  let bytes = 0;
  for (const file of [path, ...externalFiles]) bytes += (await stat(file)).size;
  const byOp = new Map<string, number>();
  const windowOps = new Set<string>();
  let [all, matrices] = [0, 0];
  for (const node of allNodes(model)) {
    const weights = weightsOf(node);
    if (weights === 0) continue;
    all += weights;
    byOp.set(node.opType, (byOp.get(node.opType) ?? 0) + weights);
    const slides = slidesWindows(node);
    if (slides) windowOps.add(node.opType);
    else matrices += weights;
  }
  return {
    bytes,
    weightsByOp: [...byOp]
      .map(([op, count]) => ({ op, share: all > 0 ? count / all : 0 }))
      .sort((a, b) => b.share - a.share),
    matrixShare: all > 0 ? matrices / all : 0,
    windowOps: [...windowOps],
    model,
  };
}

function weightsOf(node: Node): number {
  const { quant } = specOf(node) ?? {};
  if (!quant || !('weights' in quant)) return 0;
  return quant.weights.reduce((sum, index) => {
    const tensor = node.constant(index);
    return sum + (tensor ? sizeOf(tensor.dims) : 0);
  }, 0);
}

/** Told by its signature: an axis with a kernel. */
function slidesWindows(node: Node): boolean {
  const patterns = signatureOf(node)?.inputs ?? [];
  return patterns.some((pattern) => pattern?.axes.some(({ kind }) => kind === 'window'));
}
