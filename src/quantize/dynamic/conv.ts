/** Conv with a constant kernel, as ConvInteger; the bias is added in float. */

import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import { Emitter, takeOutputs } from '../emit.ts';
import { symmetricWeights } from '../schemes/scheme.ts';
import type { DynamicQuantizer } from './quantizer.ts';

/** Kernel [out, in / group, ...k]; onnxruntime's ConvInteger takes one zero point, so per channel means symmetric. */
export function quantizeConv(q: DynamicQuantizer, node: Node): string | null {
  const [x, w, bias] = node.inputs;
  if (!x || !w?.tensor) return 'its kernel is computed';
  const rank = w.tensor.dims.length;
  if (rank < 3) return 'its kernel has no spatial axes';
  const { options } = q;
  const symmetric = symmetricWeights(options);
  const perChannel = options.perChannel && symmetric && !options.parity;
  const weight = q.weight(w, {
    type: options.weightType,
    symmetric,
    reduceRange: options.reduceRange,
    axis: perChannel ? 0 : null,
    // Scales lie along the channel axis of the output [n, c, ...].
    ...(perChannel
      ? { scaleDims: [w.tensor.dims[0] as number, ...Array(rank - 2).fill(1)], zeroPointDims: [] }
      : {}),
  });
  const activation = q.activation(x, node);
  const emitter = new Emitter(node);
  const [output] = takeOutputs(node);
  if (!output) return 'its output is unused';
  const product = emitter.op(
    'ConvInteger',
    [activation.codes, weight.codes, activation.zeroPoint, weight.zeroPoint],
    `${output.name}_output_quantized`,
    { name: node.name ? `${node.name}_quant` : '', attributes: Object.fromEntries(node.attributes) },
  );
  const target = bias ? emitter.graph.value(`${output.name}quant_scaled_output`) : output;
  q.rescale(node.name, emitter, product, [activation.scale, weight.scale], target, 'float32');
  if (bias) {
    const shape = Tensor.ints([1, -1, ...Array(rank - 2).fill(1)]);
    const shaped = emitter.op(
      'Reshape',
      [bias, emitter.constant(`${output.name}_bias_reshape_shape`, shape)],
      `${output.name}_bias_reshape_output`,
    );
    emitter.into('Add', [target, shaped], [output], { name: `${output.name}_bias_add` });
  }
  emitter.graph.remove(node);
  return null;
}
