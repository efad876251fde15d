/** Transposes in front of products with a weight, behind them: rows of a product do not care where they stand. */
import { ints } from '../ir/attribute.ts';
import { Builder } from '../ir/builder.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { allGraphs } from '../ir/walk.ts';
import { isFunctionBody } from './opsets.ts';
import type { Pass } from './pass.ts';

/**
 * onnxruntime 1.30 fuses MatMul(Transpose(x), weight) where the first axis goes behind the other axes of the batch. For
 * half precision that makes the process end with a segmentation fault while the model is loaded.
 */
export const transposeBehind: Pass = {
  name: 'transpose-behind',
  summary: 'put transposes of rows behind the product with a weight',
  run(model: Model, scope) {
    for (const graph of allGraphs(model)) {
      if (isFunctionBody(model, graph)) continue;
      for (const node of [...graph]) {
        const before = movable(node);
        const output = node.output();
        const data = before?.input(0);
        if (!before || !data || !output) continue;
        const product = graph.value(`${output.name}_rows`);
        product.type = output.type && { ...output.type, shape: null };
        node.setInput(0, data);
        node.setOutput(0, product);
        output.producer = null;
        new Builder(graph, { after: node }).op('Transpose', [product], {
          attributes: { perm: ints(before.ints('perm') ?? []) },
          into: output,
        });
        scope.changed('put behind the product', before.label);
      }
    }
  },
};

/** The same for a first axis that becomes the one summed over, which cannot be put anywhere else. */
export function sumsOverFirst(node: Node): boolean {
  const perm = transposeBefore(node)?.ints('perm') ?? [];
  return perm.length >= 3 && perm.every((from, to) => from === (to + 1) % perm.length);
}

/** The Transpose that turns rows only. */
function movable(node: Node): Node | null {
  const before = transposeBefore(node);
  const perm = before?.ints('perm') ?? [];
  const rank = perm.length;
  return rank >= 3 && perm.every((from, to) => from === turned(to, rank)) ? before : null;
}

/** In front of a product with a matrix that is constant. */
function transposeBefore(node: Node): Node | null {
  if (node.opType !== 'MatMul' || node.input(1)?.tensor?.dims.length !== 2) return null;
  const before = node.input(0)?.producer ?? null;
  return before?.opType === 'Transpose' && before.graph === node.graph ? before : null;
}

/** [1, ..., rank - 2, 0, rank - 1] */
function turned(to: number, rank: number): number {
  if (to === rank - 1) return to;
  return to === rank - 2 ? 0 : to + 1;
}
