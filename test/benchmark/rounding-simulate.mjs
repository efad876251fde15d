/** Rounds a model's matrices and keeps them as floats, so that widths without a kernel can be measured. */

import { floatsOf } from '../../dist/ir/floats.js';
import { Tensor } from '../../dist/ir/tensor.js';
import { allNodes } from '../../dist/ir/walk.js';
import { hqqColumns } from '../../dist/numeric/hqq.js';
import { kquant } from '../../dist/numeric/kquant.js';
import { layerWeights, nearestLayer } from '../../dist/numeric/layer.js';
import { unpackMatmul } from '../../dist/numeric/layer-pack.js';
import { cloneModel, openModel } from '../../dist/onnx/read.js';
import { runPasses } from '../../dist/passes/pass.js';
import { pipelines } from '../../dist/passes/table.js';
import { Outcome } from '../../dist/quantize/outcome.js';
import { scaleInputs } from '../../dist/quantize/rounding/awq-scales.js';
import { roundMatrices } from '../../dist/quantize/rounding/round-matrices.js';
import { ROUNDINGS } from '../../dist/quantize/rounding/table.js';
import { usesOfMatrices } from '../../dist/quantize/rounding/uses.js';
import { inferTypes } from '../../dist/runtime/shapes.js';
import { silentContext } from '../../dist/step.js';

const BLOCK = 32;

/** Rounds without data, by name. */
const WITHOUT_DATA = {
  nearest: nearestLayer,
  hqq: (weight, grid) => {
    const { inputs, outputs, bits, blockSize } = grid;
    return unpackMatmul(
      hqqColumns(weight, inputs, outputs, { bits, blockSize, zeroPoints: 'integer' }),
      grid,
    );
  },
  kquant,
};

/**
 * The model with the weights of its MatMuls rounded, where they are constants themselves: the matrices onnxruntime's
 * tools take. Null for a width the method cannot have.
 * @param {string | undefined} data without it, the method looks at weights alone
 */
export async function simulate(path, method, bits, data) {
  if (method === 'hqq' && bits === 3) return null;
  const context = silentContext();
  const { model } = openModel(path);
  await runPasses(model, pipelines['prepare-quantize'], context);
  await inferTypes(model);
  const select = (node) => (node.opType === 'MatMul' && node.input(1)?.tensor ? null : 'not compared');
  if (method === 'awq') {
    const options = { select, bits, blockSize: BLOCK, symmetric: false, roundingSamples: 128 };
    await scaleInputs(model, data, options, new Outcome(), context);
  }
  const matrices = matricesOf(model, select, bits);
  const plain = data === undefined || method === 'nearest' ? WITHOUT_DATA[method] : undefined;
  if (plain) {
    for (const { value, inputs, outputs, store } of matrices) {
      const grid = { inputs, outputs, bits, blockSize: BLOCK, symmetric: false };
      store(plain(floatsOf(value.tensor), grid));
    }
    return model;
  }
  const request = { method: ROUNDINGS[method], data, samples: 128, blockSize: BLOCK, symmetric: false };
  await roundMatrices(cloneModel(model), usesOfMatrices(model), matrices, request, context);
  return model;
}

function matricesOf(model, select, bits) {
  return [...allNodes(model)].flatMap((node) => {
    if (select(node) !== null) return [];
    const value = node.input(1);
    const [inputs, outputs] = value.tensor.dims;
    const store = (layer) => {
      const grid = { inputs, outputs, bits, blockSize: BLOCK, symmetric: false };
      value.tensor = Tensor.of('float32', [inputs, outputs], layerWeights(layer, grid));
    };
    return [{ value, name: value.name, axis: 0, inputs, outputs, bits, store }];
  });
}
