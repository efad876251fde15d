/** Low-bit blocks of one matrix: the layouts of MatMulNBits and of blocked QuantizeLinear. */
import { floatsOf } from '../../ir/floats.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { BlockSpec } from '../../numeric/block.ts';
import { quantizeLinearColumns, quantizeLinearRows } from '../../numeric/block-linear.ts';
import { quantizeColumns, quantizeRows } from '../../numeric/block-matmul.ts';
import { encodeHalf } from '../../numeric/half.ts';
import { hqqColumns, hqqRows } from '../../numeric/hqq.ts';

/** A weight matrix [.., rows, columns] and along which of the two its blocks run. */
export interface MatrixSpec extends BlockSpec {
  readonly rows: number;
  readonly columns: number;
  /** `columns`: blocks run down the columns, so that each column is a run; `rows`: along the rows. */
  readonly runs: 'rows' | 'columns';
}

export interface NBitsSpec extends MatrixSpec {
  readonly rounding: 'nearest' | 'hqq';
  /** Multiplies the scales, e.g. Gemm's alpha. */
  readonly factor: number;
}

export interface Blocks {
  readonly codes: Uint8Array;
  /** float32, or float16 patterns */
  readonly scales: Float32Array | Uint16Array;
  readonly zeroPoints: Uint8Array | null;
}

/** What MatMulNBits and GatherBlockQuantized read: run by run, whichever way the runs lay in the weight. */
export function nBits(weight: Tensor, spec: NBitsSpec): Blocks {
  const made = solve(floatsOf(weight), spec);
  const { factor, scaleType } = spec;
  const scales = factor === 1 ? made.scales : made.scales.map((scale) => scale * factor);
  return { ...made, scales: scaleType === 'float16' ? halfOf(scales) : scales };
}

function solve(weights: Float32Array, spec: NBitsSpec): Blocks & { readonly scales: Float32Array } {
  const { rows, columns, runs, bits, blockSize, scaleType = 'float32' } = spec;
  if (spec.rounding === 'nearest')
    return runs === 'rows'
      ? quantizeRows(weights, rows, columns, spec)
      : quantizeColumns(weights, rows, columns, spec);
  const hqq = { bits, blockSize, zeroPoints: 'integer', scaleType } as const;
  const { codes, scales, zeroPoints } =
    runs === 'rows' ? hqqRows(weights, rows, columns, hqq) : hqqColumns(weights, rows, columns, hqq);
  if (!(zeroPoints instanceof Uint8Array)) throw new Error('integer zero points were asked for');
  return { codes, scales, zeroPoints };
}

function halfOf(scales: Float32Array): Uint16Array {
  const half = new Uint16Array(scales.length);
  encodeHalf(scales, half);
  return half;
}

/** What DequantizeLinear with a `block_size` reads: codes where the weights were. */
export function linearBlocks(weight: Tensor, spec: MatrixSpec): Blocks {
  const { rows, columns, runs, bits, symmetric } = spec;
  const quantizeBlocks = runs === 'rows' ? quantizeLinearRows : quantizeLinearColumns;
  const blocks = quantizeBlocks(floatsOf(weight), rows, columns, spec);
  // Only unsigned 8-bit codes need their zero point spelled out when it is the middle.
  if (!symmetric || bits !== 8) return blocks;
  return { ...blocks, zeroPoints: new Uint8Array(blocks.scales.length).fill(128) };
}
