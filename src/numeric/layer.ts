/** A linear layer and its quantized form as the rounding methods see them: one row per input, one column per output. */
import { blockScale, blockZeroPoint, exactCode, storedScale } from './block-rule.ts';

/** 3 bits have no kernel: they are for measuring what they would cost. */
export type LayerBits = 2 | 3 | 4 | 8;

/** The grid a layer is rounded to: blocks of `blockSize` inputs share a scale and a zero point for each output. */
export interface LayerGrid {
  readonly inputs: number;
  readonly outputs: number;
  readonly bits: LayerBits;
  readonly blockSize: number;
  /** The zero point is the middle code; scales may be negative. */
  readonly symmetric: boolean;
  readonly scaleType?: 'float32' | 'float16';
}

export interface RoundedLayer {
  /** [inputs, outputs], unsigned, one per byte */
  readonly codes: Uint8Array;
  /** [blocks, outputs] */
  readonly scales: Float32Array;
  /** [blocks, outputs] */
  readonly zeroPoints: Uint8Array;
}

/** Blocks along the inputs; the last may be shorter. */
export function blocksOf(grid: LayerGrid): number {
  return Math.ceil(grid.inputs / grid.blockSize);
}

export function allocateLayer(grid: LayerGrid): RoundedLayer {
  const blocks = blocksOf(grid);
  return {
    codes: new Uint8Array(grid.inputs * grid.outputs),
    scales: new Float32Array(blocks * grid.outputs),
    zeroPoints: new Uint8Array(blocks * grid.outputs),
  };
}

/** A copy that shares nothing. */
export function copyLayer({ codes, scales, zeroPoints }: RoundedLayer): RoundedLayer {
  return { codes: codes.slice(), scales: scales.slice(), zeroPoints: zeroPoints.slice() };
}

/** W - Q, [inputs, outputs]. */
export function layerErrors(weight: Float32Array, layer: RoundedLayer, grid: LayerGrid): Float32Array {
  const errors = layerWeights(layer, grid);
  for (let i = 0; i < errors.length; i++) errors[i] = (weight[i] as number) - (errors[i] as number);
  return errors;
}

/** The real weights the codes stand for, [inputs, outputs]. */
export function layerWeights(layer: RoundedLayer, grid: LayerGrid): Float32Array {
  const { inputs, outputs, blockSize } = grid;
  const weights = new Float32Array(inputs * outputs);
  for (let k = 0; k < inputs; k++) {
    const at = k * outputs;
    const block = Math.floor(k / blockSize) * outputs;
    for (let n = 0; n < outputs; n++) {
      const level = (layer.codes[at + n] as number) - (layer.zeroPoints[block + n] as number);
      weights[at + n] = level * (layer.scales[block + n] as number);
    }
  }
  return weights;
}

/** Round-to-nearest, code for code as the MatMulNBits layout has it. */
export function nearestLayer(weight: Float32Array, grid: LayerGrid): RoundedLayer {
  const { inputs, outputs, blockSize, bits, symmetric, scaleType = 'float32' } = grid;
  const rule = { bits, symmetric, scaleType, quotient: 'reciprocal', roundFirst: false } as const;
  const layer = allocateLayer(grid);
  const low = new Float32Array(outputs);
  const high = new Float32Array(outputs);
  for (let first = 0, block = 0; first < inputs; first += blockSize, block += outputs) {
    const last = Math.min(first + blockSize, inputs);
    columnExtremes(weight, first, last, low, high);
    for (let n = 0; n < outputs; n++) {
      const scale = blockScale(low[n] as number, high[n] as number, rule);
      layer.scales[block + n] = storedScale(scale, rule);
      layer.zeroPoints[block + n] = blockZeroPoint(low[n] as number, scale, rule);
    }
    for (let k = first; k < last; k++) {
      const at = k * outputs;
      for (let n = 0; n < outputs; n++) {
        const scale = layer.scales[block + n] as number;
        const zeroPoint = layer.zeroPoints[block + n] as number;
        layer.codes[at + n] = exactCode(weight[at + n] as number, scale, zeroPoint, rule);
      }
    }
  }
  return layer;
}

/** Smallest and largest weight of rows [first, last) in each column, zero included. */
function columnExtremes(
  weight: Float32Array,
  first: number,
  last: number,
  low: Float32Array,
  high: Float32Array,
): void {
  low.fill(0);
  high.fill(0);
  const outputs = low.length;
  for (let k = first; k < last; k++) {
    for (let n = 0; n < outputs; n++) {
      const w = weight[k * outputs + n] as number;
      if (w < (low[n] as number)) low[n] = w;
      if (w > (high[n] as number)) high[n] = w;
    }
  }
}
