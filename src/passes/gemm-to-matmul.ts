/** Gemm as MatMul and Add, for kernels that exist for MatMul alone; names as onnxruntime's quantizer gives them. */
import { ints } from '../ir/attribute.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { Constants } from './constants.ts';
import { foldScalars } from './gemm-scalars.ts';
import { transposeTensor } from './move-weights.ts';
import { isFunctionBody } from './opsets.ts';
import type { Pass, PassScope } from './pass.ts';

export const gemmToMatmul: Pass = {
  name: 'gemm-to-matmul',
  summary: 'write Gemm as MatMul and Add',
  run: (model, scope) => splitGemms(model, scope, foldScalars),
};

/** Only what onnxruntime's quantizer rewrites: alpha and beta are not folded. */
export const plainGemmToMatmul: Pass = {
  name: 'plain-gemm-to-matmul',
  summary: 'write Gemm as MatMul and Add where alpha and beta are one',
  run: (model, scope) =>
    splitGemms(model, scope, (node) =>
      node.float('alpha', 1) === 1 && node.float('beta', 1) === 1 ? null : 'alpha or beta is not one',
    ),
};

/** @param scalars makes alpha and beta one, or says why it cannot */
function splitGemms(model: Model, scope: PassScope, scalars: typeof foldScalars): void {
  const constants = new Constants(model);
  for (const graph of allGraphs(model)) {
    if (isFunctionBody(model, graph)) continue;
    for (const node of graph) {
      if (node.opType !== 'Gemm') continue;
      const refusal =
        node.int('transA') === 1 ? 'its first input is transposed' : scalars(node, constants, scope);
      const weight = refusal ?? weightOf(graph, node, constants);
      if (typeof weight === 'string') scope.kept(node.label, weight);
      else split(graph, node, weight, scope);
    }
  }
}

/** B as MatMul wants it: [in, out]. A constant is transposed where it stands, with all who use it. */
function weightOf(graph: Graph, node: Node, constants: Constants): Value | string {
  const weight = node.input(1);
  if (!weight) return 'it has no second input';
  if (node.int('transB') === 0) return weight;
  if (!constants.has(weight)) {
    const value = graph.value(`${weight.name}_Transposed`);
    graph.insertBefore(node, {
      op: 'Transpose',
      name: node.name && `${node.name}_Transpose`,
      inputs: [weight],
      outputs: [value],
      attributes: new Map([['perm', ints([1, 0])]]),
    });
    return value;
  }
  const tensor = weight.tensor && transposeTensor(weight.tensor, [1, 0]);
  const users = weight.uses;
  const turnable = users.every(
    (use) => use.index === 1 && use.node.opType === 'Gemm' && use.node.int('transB') === 1,
  );
  if (!tensor || !turnable || weight.isGraphOutput) return 'its weight is used elsewhere, untransposed';
  weight.tensor = tensor;
  weight.type = { dtype: tensor.dtype, shape: tensor.dims };
  for (const use of users) use.node.attributes.delete('transB');
  return weight;
}

function split(graph: Graph, node: Node, weight: Value, { changed }: PassScope): void {
  const [output, bias] = [node.output(), node.input(2)];
  const label = node.label;
  if (!output) return;
  const product = bias ? graph.value(`${output.name}_MatMul`) : output;
  graph.insertBefore(node, {
    op: 'MatMul',
    name: node.name && `${node.name}_MatMul`,
    inputs: [node.input(0), weight],
    outputs: [product],
  });
  if (bias)
    graph.insertBefore(node, {
      op: 'Add',
      name: node.name && `${node.name}_Add`,
      inputs: [product, bias],
      outputs: [output],
    });
  graph.remove(node);
  changed('split Gemm into MatMul and Add', label);
}
