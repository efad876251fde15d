/** Whether a quantize step accounts for every float constant that is left in a model. */

import type { DType } from '../../src/ir/dtype.ts';
import type { Model } from '../../src/ir/model.ts';
import type { Value } from '../../src/ir/value.ts';
import { allGraphs, allNodes } from '../../src/ir/walk.ts';
import type { Skipped } from '../../src/report/schema.ts';

/** Constants of this size with two axes or more are matrices: one by one they need a reason. */
const MATRIX = 256;

/**
 * Operators of quantized values, with the positions of scales (and zero points) among their inputs: written down
 * here from the operators' documentation, not taken from the code under test.
 */
const SCALES: Readonly<Record<string, readonly number[]>> = {
  DequantizeLinear: [1],
  QuantizeLinear: [1],
  DynamicQuantizeLSTM: [8, 10],
  GatherBlockQuantized: [2],
  MatMulIntegerToFloat: [2, 3],
  MatMulNBits: [2],
  QAttention: [3, 4],
  QLinearAdd: [1, 4, 6],
  QLinearAveragePool: [1, 3],
  QLinearConv: [1, 4, 6],
  QLinearGlobalAveragePool: [1, 3],
  QLinearLeakyRelu: [1, 3],
  QLinearMatMul: [1, 4, 6],
  QLinearMul: [1, 4, 6],
  QLinearSigmoid: [1, 3],
  QLinearSoftmax: [1, 3],
  QLinearWhere: [2, 5, 7],
  QGemm: [1, 4, 7],
};

function isScale({ uses }: Value): boolean {
  // QLinearConcat: scale and zero point of the result, then data, scale and zero point of every input.
  const of = ({ node, index }: (typeof uses)[number]): boolean =>
    node.op === 'QLinearConcat' ? index % 3 === 0 : SCALES[node.op]?.includes(index) === true;
  return uses.length > 0 && uses.every(of);
}

function isMatrix(dims: readonly number[], size: number): boolean {
  return size >= MATRIX && dims.filter((dim) => dim > 1).length > 1;
}

interface Held {
  readonly name: string;
  readonly dims: readonly number[];
  readonly size: number;
  readonly byteLength: number;
}

/** Constants of the given types that are no scales: those of graphs, and the matrices that nodes hold. */
function* heldFloats(model: Model, floats: readonly DType[]): Generator<Held> {
  for (const graph of allGraphs(model))
    for (const value of graph.initializers) {
      const { tensor, name } = value;
      if (!tensor || !floats.includes(tensor.dtype) || isScale(value)) continue;
      yield { name, dims: tensor.dims, size: tensor.size, byteLength: tensor.byteLength };
    }
  for (const node of allNodes(model))
    for (const attribute of node.attributes.values()) {
      if (attribute.kind !== 'tensor' || !floats.includes(attribute.value.dtype)) continue;
      const { dims, size, byteLength } = attribute.value;
      if (isMatrix(dims, size)) yield { name: node.output()?.name ?? '', dims, size, byteLength };
    }
}

/** What is wrong with the account, as sentences; none when all is explained and no byte is counted twice. */
export function unaccounted(model: Model, skipped: readonly Skipped[], floats: readonly DType[]): string[] {
  const wrong: string[] = [];
  const named = new Map(skipped.map((entry) => [entry.what, entry]));
  if (named.size !== skipped.length) wrong.push('something is listed twice');
  let bytes = 0;
  for (const { name, dims, size, byteLength } of heldFloats(model, floats)) {
    bytes += byteLength;
    if (!isMatrix(dims, size)) continue;
    const entry = named.get(name);
    if (!entry) wrong.push(`${name} [${dims}] stays float without a reason`);
    else if (entry.bytes !== byteLength) wrong.push(`${name} has ${byteLength} bytes, not ${entry.bytes}`);
    else if (entry.reason.trim() === '') wrong.push(`${name} has an empty reason`);
  }
  const told = skipped.reduce((sum, entry) => sum + entry.bytes, 0);
  if (told !== bytes) wrong.push(`${bytes} bytes stay float, ${told} are explained`);
  return wrong;
}
