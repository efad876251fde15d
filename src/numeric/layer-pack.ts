/** Rounded layers to the layouts operators read: MatMulNBits (run by run) and blocked DequantizeLinear (in place). */
import type { BlockBits, BlockQuantized } from './block.ts';
import type { LinearBlocks } from './block-linear.ts';
import { blocksOf, type LayerGrid, type RoundedLayer } from './layer.ts';
import { packCodes, packedLength, unpackCodes } from './packing.ts';

/** A grid with a kernel. */
export type StoredGrid = LayerGrid & { readonly bits: BlockBits };

/** Columns to rows: [inputs, outputs] to [outputs, inputs], or back when the numbers are swapped. */
export function turned<T extends Float32Array | Uint8Array>(matrix: T, rows: number, columns: number): T {
  const result = matrix.slice() as T;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j] as number;
  return result;
}

/** Codes [outputs, blocks, bytes], scales [outputs, blocks], zero points packed by output, null when symmetric. */
export function packMatmul(layer: RoundedLayer, grid: StoredGrid): BlockQuantized {
  const { inputs, outputs, blockSize, bits, symmetric } = grid;
  const blocks = blocksOf(grid);
  const bytes = packedLength(blockSize, bits);
  const codes = new Uint8Array(outputs * blocks * bytes);
  const loose = new Uint8Array(blockSize);
  for (let n = 0; n < outputs; n++) {
    for (let block = 0; block < blocks; block++) {
      const first = block * blockSize;
      const count = Math.min(blockSize, inputs - first);
      // Codes past the end stand for zero.
      loose.fill(layer.zeroPoints[block * outputs + n] as number, count);
      for (let i = 0; i < count; i++) loose[i] = layer.codes[(first + i) * outputs + n] as number;
      codes.set(packCodes(loose, bits), (n * blocks + block) * bytes);
    }
  }
  return {
    codes,
    scales: turned(layer.scales, blocks, outputs),
    zeroPoints: symmetric ? null : packRows(turned(layer.zeroPoints, blocks, outputs), outputs, blocks, bits),
  };
}

/** Each row begins with a byte of its own; unused codes of its last byte are the middle one. */
function packRows(codes: Uint8Array, rows: number, length: number, bits: BlockBits): Uint8Array {
  const bytes = packedLength(length, bits);
  const padded = new Uint8Array((bytes * 8) / bits).fill(1 << (bits - 1));
  const packed = new Uint8Array(rows * bytes);
  for (let row = 0; row < rows; row++) {
    padded.set(codes.subarray(row * length, (row + 1) * length));
    packed.set(packCodes(padded, bits), row * bytes);
  }
  return packed;
}

/** The inverse of `packMatmul`. */
export function unpackMatmul(packed: BlockQuantized, grid: StoredGrid): RoundedLayer {
  const { inputs, outputs, blockSize, bits } = grid;
  const blocks = blocksOf(grid);
  const bytes = packedLength(blockSize, bits);
  const codes = new Uint8Array(inputs * outputs);
  for (let n = 0; n < outputs; n++) {
    const run = unpackCodes(
      packed.codes.subarray(n * blocks * bytes, (n + 1) * blocks * bytes),
      bits,
      inputs,
    );
    for (let k = 0; k < inputs; k++) codes[k * outputs + n] = run[k] as number;
  }
  const zeroPoints = new Uint8Array(blocks * outputs).fill(1 << (bits - 1));
  if (packed.zeroPoints) {
    const rowBytes = packedLength(blocks, bits);
    for (let n = 0; n < outputs; n++) {
      const row = unpackCodes(packed.zeroPoints.subarray(n * rowBytes, (n + 1) * rowBytes), bits, blocks);
      for (let block = 0; block < blocks; block++) zeroPoints[block * outputs + n] = row[block] as number;
    }
  }
  return { codes, scales: turned(packed.scales, outputs, blocks), zeroPoints };
}

/**
 * Codes in the order of the weights: [inputs, outputs], or [outputs, inputs] when `byOutput`; scales and zero points
 * likewise. Symmetric codes of less than 8 bits are signed, as ONNX has them.
 */
export function packLinear(layer: RoundedLayer, grid: StoredGrid, byOutput: boolean): LinearBlocks {
  const { inputs, outputs, bits, symmetric } = grid;
  const blocks = blocksOf(grid);
  const codes = byOutput ? turned(layer.codes, inputs, outputs) : layer.codes.slice();
  const scales = byOutput ? turned(layer.scales, blocks, outputs) : layer.scales;
  const zeroPoints = byOutput ? turned(layer.zeroPoints, blocks, outputs) : layer.zeroPoints;
  if (symmetric && bits < 8)
    for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] as number) - (1 << (bits - 1));
  return {
    codes: packCodes(codes, bits),
    scales,
    zeroPoints: symmetric ? null : packCodes(zeroPoints, bits),
  };
}
