/** Low-bit blocks of one matrix: the layouts of MatMulNBits and of blocked QuantizeLinear. */
import { floatsOf } from '../../ir/floats.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { BlockQuantized, BlockSpec } from '../../numeric/block.ts';
import { type LinearBlocks, quantizeLinearColumns, quantizeLinearRows } from '../../numeric/block-linear.ts';
import { quantizeColumns, quantizeRows } from '../../numeric/block-matmul.ts';
import { encodeHalf } from '../../numeric/half.ts';
import { hqqColumns, hqqRows } from '../../numeric/hqq.ts';
import { kquant } from '../../numeric/kquant.ts';
import type { RoundedLayer } from '../../numeric/layer.ts';
import { packLinear, packMatmul, type StoredGrid, turned, unpackMatmul } from '../../numeric/layer-pack.ts';

/** A weight matrix [.., rows, columns] and along which of the two its blocks run. */
export interface MatrixSpec extends BlockSpec {
  readonly rounding: 'nearest' | 'hqq' | 'kquant';
  readonly rows: number;
  readonly columns: number;
  /** `columns`: blocks run down the columns, so that each column is a run; `rows`: along the rows. */
  readonly runs: 'rows' | 'columns';
}

export interface NBitsSpec extends MatrixSpec {
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
  return asStored(solve(floatsOf(weight), spec), spec);
}

/** As `nBits`, of codes chosen already. */
export function nBitsOf(layer: RoundedLayer, spec: NBitsSpec): Blocks {
  return asStored(packMatmul(layer, gridOf(spec)), spec);
}

function asStored(made: BlockQuantized, { factor, scaleType }: NBitsSpec): Blocks {
  const scales = factor === 1 ? made.scales : made.scales.map((scale) => scale * factor);
  return { ...made, scales: scaleType === 'float16' ? halfOf(scales) : scales };
}

function solve(weights: Float32Array, spec: MatrixSpec): BlockQuantized {
  const { rows, columns, runs, bits, blockSize, scaleType = 'float32' } = spec;
  if (spec.rounding === 'kquant') return packMatmul(searched(weights, spec), gridOf(spec));
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

/** The matrix as a layer: inputs are what blocks run along. */
export function gridOf(spec: MatrixSpec): StoredGrid {
  const { rows, columns, runs, bits, blockSize, symmetric, scaleType = 'float32' } = spec;
  const [inputs, outputs] = runs === 'rows' ? [columns, rows] : [rows, columns];
  return { inputs, outputs, bits, blockSize, symmetric, scaleType };
}

function searched(weights: Float32Array, spec: MatrixSpec): RoundedLayer {
  const { rows, columns, runs } = spec;
  return kquant(runs === 'rows' ? turned(weights, rows, columns) : weights, gridOf(spec));
}

function halfOf(scales: Float32Array): Uint16Array {
  const half = new Uint16Array(scales.length);
  encodeHalf(scales, half);
  return half;
}

/** What DequantizeLinear with a `block_size` reads: codes where the weights were. */
export function linearBlocks(weight: Tensor, spec: MatrixSpec): Blocks {
  return spelledOut(inPlace(floatsOf(weight), spec), spec);
}

/** As `linearBlocks`, of codes chosen already. */
export function linearBlocksOf(layer: RoundedLayer, spec: MatrixSpec): Blocks {
  return spelledOut(packLinear(layer, gridOf(spec), spec.runs === 'rows'), spec);
}

function inPlace(weights: Float32Array, spec: MatrixSpec): LinearBlocks {
  const { rows, columns, runs, rounding } = spec;
  if (rounding === 'nearest')
    return (runs === 'rows' ? quantizeLinearRows : quantizeLinearColumns)(weights, rows, columns, spec);
  const grid = gridOf(spec);
  const layer = rounding === 'kquant' ? searched(weights, spec) : unpackMatmul(solve(weights, spec), grid);
  return packLinear(layer, grid, runs === 'rows');
}

/** Only unsigned 8-bit codes need their zero point spelled out when it is the middle. */
function spelledOut(blocks: LinearBlocks, { symmetric, bits }: MatrixSpec): LinearBlocks {
  if (!symmetric || bits !== 8) return blocks;
  return { ...blocks, zeroPoints: new Uint8Array(blocks.scales.length).fill(128) };
}
