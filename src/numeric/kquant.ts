/** K-quant rounding: every block's scale and zero point by weighted search, every weight to its nearest code. */
import { blockImportance, blockWeights, searchBlock } from './block-search.ts';
import { allocateLayer, type LayerGrid, type RoundedLayer } from './layer.ts';
import { ROUND_F64 } from './rounding.ts';

/**
 * Rounds `weight`, [inputs, outputs], never worse than round-to-nearest in the weighted error of any block.
 * @param importance how much an error counts by input: the diagonal of the Gram matrix, the part of the layer's error
 * that does not depend on how errors of different inputs meet. All alike without.
 */
export function kquant(weight: Float32Array, grid: LayerGrid, importance?: ArrayLike<number>): RoundedLayer {
  const layer = allocateLayer(grid);
  const { inputs, outputs, blockSize } = grid;
  for (let first = 0, block = 0; first < inputs; first += blockSize, block++) {
    const count = Math.min(blockSize, inputs - first);
    for (let i = 0; i < count; i++) blockImportance[i] = importance?.[first + i] ?? 1;
    if (!hasImportance(count)) blockImportance.fill(1, 0, count);
    for (let n = 0; n < outputs; n++) {
      for (let i = 0; i < count; i++) blockWeights[i] = weight[(first + i) * outputs + n] as number;
      const { scale, zeroPoint } = searchBlock(count, grid);
      layer.scales[block * outputs + n] = scale;
      layer.zeroPoints[block * outputs + n] = zeroPoint;
    }
  }
  nearestCodes(weight, layer, grid);
  return layer;
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
