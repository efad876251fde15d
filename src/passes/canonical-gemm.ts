/** One form for x W + b on matrices: a Gemm without factors. */
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { Constants } from './constants.ts';
import { foldScalars } from './gemm-scalars.ts';
import { isFunctionBody } from './opsets.ts';
import type { Pass, PassScope } from './pass.ts';
import type { ValueTypes } from './types.ts';

export const canonicalGemm: Pass = {
  name: 'canonical-gemm',
  summary: 'write MatMul and Add on matrices as Gemm, without alpha and beta',
  async run(model, scope) {
    const constants = new Constants(model);
    for (const graph of allGraphs(model)) {
      if (isFunctionBody(model, graph)) continue;
      for (const node of graph) {
        if (node.opType === 'Gemm') {
          const refusal = foldScalars(node, constants, scope);
          if (refusal) scope.kept(node.label, refusal);
        } else if (node.opType === 'Add') await join(node, constants, scope);
      }
    }
  },
};

/** MatMul(A, B) + bias becomes Gemm(A, B, bias) where A and B are certain to be matrices. */
async function join(add: Node, constants: Constants, scope: PassScope): Promise<void> {
  const [left, right] = [add.input(0), add.input(1)];
  const product = left?.producer ? left : right;
  const bias = product === left ? right : left;
  const node = product?.producer;
  if (!product || !bias || node?.opType !== 'MatMul' || node.graph !== add.graph) return;
  if (product.useCount > 1 || product.isGraphOutput || constants.tensor(bias)?.dims.length !== 1) return;
  if (!areMatrices(node, bias, await scope.types())) return;
  const { graph, label } = add;
  if (!graph) return;
  graph.insertBefore(add, {
    op: 'Gemm',
    name: node.name,
    inputs: [node.input(0), node.input(1), bias],
    outputs: [add.output()],
  });
  graph.remove(add);
  graph.remove(node);
  scope.changed('joined MatMul and Add to Gemm', label);
}

/** Gemm exists for float32 and float64 everywhere; its C may not be longer than a row of the product. */
function areMatrices(node: Node, bias: Value, types: ValueTypes): boolean {
  const [a, b] = [types.type(node.input(0)), types.type(node.input(1))];
  const length = bias.tensor?.dims[0];
  const fits = length === 1 || length === b?.shape?.[1];
  return a?.shape?.length === 2 && b?.shape?.length === 2 && fits && /^float(32|64)$/.test(a.dtype);
}
