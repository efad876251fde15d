/** K-quant rounding: every block's scale and zero point by weighted search, every weight to its nearest code. */
import { blockImportance, blockWeights, searchBlock } from './block-search.ts';
import { allocateLayer, type LayerGrid, type RoundedLayer } from './layer.ts';
import { ROUND_F64 } from './rounding.ts';

/**
 * Rounds `weight`, [inputs, outputs], never worse than round-to-nearest in the weighted error of any block.
 * @param importance how much an error counts by input: the diagonal of the Gram matrix, the part of the layer's error
 * that does not depend on how errors of different inputs meet. Without, errors count by how large the weight is, as in
 * ggml: plain least squares shrinks the large weights, all in the same direction, and what layers give shrinks with them.
 */
export function kquant(weight: Float32Array, grid: LayerGrid, importance?: ArrayLike<number>): RoundedLayer {
  const layer = allocateLayer(grid);
  const { inputs, outputs, blockSize } = grid;
  for (let first = 0, block = 0; first < inputs; first += blockSize, block++) {
    const count = Math.min(blockSize, inputs - first);
    if (importance) for (let i = 0; i < count; i++) blockImportance[i] = importance[first + i] as number;
    const given = importance !== undefined && hasImportance(count);
    for (let n = 0; n < outputs; n++) {
      for (let i = 0; i < count; i++) blockWeights[i] = weight[(first + i) * outputs + n] as number;
      if (!given) weighBySize(count);
      const { scale, zeroPoint } = searchBlock(count, grid);
      layer.scales[block * outputs + n] = scale;
      layer.zeroPoints[block * outputs + n] = zeroPoint;
    }
  }
  nearestCodes(weight, layer, grid);
  return layer;
}

/** The weights' root mean square plus the size of each (ggml's quantize_row_q4_K). */
function weighBySize(count: number): void {
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (blockWeights[i] as number) ** 2;
  const typical = Math.sqrt(squares / count);
  for (let i = 0; i < count; i++) blockImportance[i] = typical + Math.abs(blockWeights[i] as number);
}

/** False where no input of the block ever was other than zero: then any scale would do, and the weights decide. */
function hasImportance(count: number): boolean {
  for (let i = 0; i < count; i++) if ((blockImportance[i] as number) > 0) return true;
  return false;
}

/** Gives every weight the nearest code of its block's grid. */
export function nearestCodes(weight: Float32Array, layer: RoundedLayer, grid: LayerGrid): void {
  const { inputs, outputs, blockSize, bits } = grid;
  const top = (1 << bits) - 1;
  for (let k = 0; k < inputs; k++) {
    const block = Math.floor(k / blockSize) * outputs;
    const at = k * outputs;
    for (let n = 0; n < outputs; n++) {
      const scale = layer.scales[block + n] as number;
      const zeroPoint = layer.zeroPoints[block + n] as number;
      const level = scale === 0 ? 0 : (weight[at + n] as number) / scale + ROUND_F64 - ROUND_F64;
      layer.codes[at + n] = Math.min(Math.max(level + zeroPoint, 0), top);
    }
  }
}
