/** Block-quantized weights back to real values, to measure what quantization did to them. */
import { type BlockQuantized, type BlockSpec, blockCount } from './block.ts';
import { packedLength, unpackCodes } from './packing.ts';

/** Weights of `quantized` as [rows, length]: float32((code - zeroPoint) * scale), zero points being whole or not. */
export function dequantizeRows(
  quantized: Omit<BlockQuantized, 'zeroPoints'> & { readonly zeroPoints: Uint8Array | Float32Array | null },
  rows: number,
  length: number,
  spec: Pick<BlockSpec, 'bits' | 'blockSize'>,
): Float32Array {
  const { bits, blockSize } = spec;
  const blocks = blockCount(length, blockSize);
  const weights = new Float32Array(rows * length);
  const zeroPoints = zeroPointValues(quantized.zeroPoints, rows, blocks, bits);
  const bytes = packedLength(blockSize, bits);
  for (let block = 0; block < rows * blocks; block++) {
    const row = Math.floor(block / blocks);
    const first = (block % blocks) * blockSize;
    const count = Math.min(blockSize, length - first);
    const packed = quantized.codes.subarray(block * bytes, (block + 1) * bytes);
    const scale = quantized.scales[block] as number;
    const zeroPoint = zeroPoints[block] as number;
    const codes = unpackCodes(packed, bits, count);
    const to = row * length + first;
    for (let i = 0; i < count; i++) weights[to + i] = ((codes[i] as number) - zeroPoint) * scale;
  }
  return weights;
}

/** Zero points one per block: [rows * blocks]. */
function zeroPointValues(
  zeroPoints: Uint8Array | Float32Array | null,
  rows: number,
  blocks: number,
  bits: BlockSpec['bits'],
): Float32Array {
  if (zeroPoints === null) return new Float32Array(rows * blocks).fill(1 << (bits - 1));
  if (zeroPoints instanceof Float32Array) return zeroPoints;
  const values = new Float32Array(rows * blocks);
  const bytes = packedLength(blocks, bits);
  for (let row = 0; row < rows; row++) {
    values.set(unpackCodes(zeroPoints.subarray(row * bytes, (row + 1) * bytes), bits, blocks), row * blocks);
  }
  return values;
}
