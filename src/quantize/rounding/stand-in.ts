/** The real weights of rounded matrices, as constants that take their place while later layers are rounded. */
import { bytesOf, computedBytes } from '../../ir/bytes.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { encodeHalf } from '../../numeric/half.ts';
import { type LayerGrid, layerWeights, type RoundedLayer } from '../../numeric/layer.ts';
import { turned } from '../../numeric/layer-pack.ts';

/**
 * A constant like `constant` with the weights of a rounded layer, made when they are read.
 * @param axis of the constant that is summed over
 */
export function standIn(constant: Value, axis: 0 | 1, grid: LayerGrid, layer: () => RoundedLayer): Tensor {
  const { tensor } = constant;
  if (!tensor) throw new Error(`${constant.name} is no constant`);
  const { dtype, dims, byteLength } = tensor;
  const source = computedBytes(byteLength, () => {
    const weights = layerWeights(layer(), grid);
    const inOrder = axis === 0 ? weights : turned(weights, grid.inputs, grid.outputs);
    if (dtype !== 'float16') return bytesOf(inOrder);
    const halves = new Uint16Array(inOrder.length);
    encodeHalf(inOrder, halves);
    return bytesOf(halves);
  });
  return new Tensor({ dtype, dims, source });
}
