/** Half-quadratic quantization in the layout of MatMulNBits, never worse than round-to-nearest in any block. */
import { allocateBlocks, type BlockBits, type BlockQuantized, blockCount, setZeroPoint } from './block.ts';
import { tilesOfColumns, tilesOfRows, type VisitTile } from './block-fill.ts';
import { matmulRule } from './block-matmul.ts';
import { encodeTile, measureTile, TILE, tile, tileScales, tileZeroPoints } from './block-tile.ts';
import { roundToHalf } from './half.ts';
import { type BlockFit, measureFit, refitScale, solveHqq, writeFit } from './hqq-block.ts';
import { packCodes, packedLength } from './packing.ts';

export interface HqqSpec {
  readonly bits: BlockBits;
  /** Weights per block, a power of two >= 16. */
  readonly blockSize: number;
  /**
   * `integer`: the zero point is rounded and the scale refitted, packed zero points as round-to-nearest has them.
   * `float`: as the paper has it; onnxruntime's CPU kernel takes them for 2 and 4 bits, but computes in floats then.
   */
  readonly zeroPoints: 'integer' | 'float';
  /** Type the scales (and float zero points) are stored in. Default float32. */
  readonly scaleType?: 'float32' | 'float16';
}

/** Like `BlockQuantized`; with float zero points they are [rows, blocks]. */
export interface HqqQuantized {
  /** [rows, blocks, blockSize * bits / 8], low bits first */
  readonly codes: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
  /** Packed [rows, ceil(blocks * bits / 8)], or float [rows, blocks] */
  readonly zeroPoints: Uint8Array | Float32Array;
  /** Blocks that round-to-nearest served better and that keep its parameters. */
  readonly kept: number;
}

/** Quantizes `weight`, [N, K] row-major, in blocks along K. Weights must be finite. */
export function hqqRows(weight: Float32Array, rows: number, length: number, spec: HqqSpec): HqqQuantized {
  const job = makeJob(rows, length, spec);
  tilesOfRows(weight, rows, length, spec.blockSize, solveTile(job, length, spec));
  return { ...job.result, zeroPoints: job.floats ?? job.zeroPoints, kept: job.kept };
}

/** Quantizes `weight`, [K, N] row-major, in blocks along K; equal to `hqqRows` of the transpose. */
export function hqqColumns(
  weight: Float32Array,
  length: number,
  columns: number,
  spec: HqqSpec,
): HqqQuantized {
  const job = makeJob(columns, length, spec);
  tilesOfColumns(weight, length, columns, spec.blockSize, solveTile(job, length, spec));
  return { ...job.result, zeroPoints: job.floats ?? job.zeroPoints, kept: job.kept };
}

interface Job {
  readonly result: Omit<BlockQuantized, 'zeroPoints'>;
  readonly zeroPoints: Uint8Array;
  readonly floats: Float32Array | null;
  kept: number;
}

function makeJob(rows: number, length: number, spec: HqqSpec): Job {
  const { codes, scales, zeroPoints } = allocateBlocks(rows, length, { ...spec, symmetric: false });
  const floats = spec.zeroPoints === 'float' ? new Float32Array(scales.length) : null;
  return { result: { codes, scales }, zeroPoints: zeroPoints ?? new Uint8Array(0), floats, kept: 0 };
}

/** One tile of codes, one per byte. */
const loose = new Uint8Array(TILE);

function solveTile(job: Job, length: number, spec: HqqSpec): VisitTile {
  const { bits, blockSize } = spec;
  const rule = matmulRule({ ...spec, symmetric: false });
  const blocks = blockCount(length, blockSize);
  const bytes = packedLength(blockSize, bits);
  const top = (1 << bits) - 1;
  const tail = length - (blocks - 1) * blockSize;
  return (count, first, step) => {
    measureTile(count, blockSize, rule);
    encodeTile(count, blockSize, rule, loose, 0, blockSize, 8);
    for (let b = 0; b < count; b++) {
      const block = first + b * step;
      const size = block % blocks === blocks - 1 ? tail : blockSize;
      const start = b * blockSize;
      const nearest = nearestError(start, size, tileScales[b] as number, tileZeroPoints[b] as number);
      const fit = fitBlock(start, size, top, spec);
      const better = fit.error < nearest;
      if (better) writeFit(start, size, top, fit, loose, start);
      else job.kept++;
      const zeroPoint = better ? fit.zeroPoint : (tileZeroPoints[b] as number);
      loose.fill(Math.min(Math.max(Math.round(zeroPoint), 0), top), start + size, start + blockSize);
      job.result.codes.set(packCodes(loose.subarray(start, start + blockSize), bits), block * bytes);
      job.result.scales[block] = better ? fit.scale : (tileScales[b] as number);
      if (job.floats !== null) job.floats[block] = zeroPoint;
      else setZeroPoint(job.zeroPoints, block, blocks, zeroPoint, bits);
    }
  };
}

/** Squared error of what round-to-nearest left in `loose`. */
function nearestError(start: number, count: number, scale: number, zeroPoint: number): number {
  let squared = 0;
  for (let i = start; i < start + count; i++) {
    const error = (tile[i] as number) - ((loose[i] as number) - zeroPoint) * scale;
    squared += error * error;
  }
  return squared;
}

const paper: BlockFit = { scale: 0, zeroPoint: 0, error: 0 };
const whole: BlockFit = { scale: 0, zeroPoint: 0, error: 0 };

/** The better of the paper's parameters (where float zero points are allowed) and those with a whole zero point. */
function fitBlock(start: number, count: number, top: number, spec: HqqSpec): BlockFit {
  const store = spec.scaleType === 'float16' ? roundToHalf : Math.fround;
  let low = Infinity;
  let high = -Infinity;
  for (let i = start; i < start + count; i++) {
    const weight = tile[i] as number;
    if (weight < low) low = weight;
    if (weight > high) high = weight;
  }
  const float = spec.zeroPoints === 'float';
  // A whole zero point is a code, so its range has to include zero.
  if (!float) {
    low = Math.min(low, 0);
    high = Math.max(high, 0);
  }
  paper.scale = store((high - low) / top);
  paper.error = Infinity;
  if (paper.scale === 0) return paper;
  paper.zeroPoint = Math.round(-low / paper.scale);
  solveHqq(start, count, top, paper);
  fitWhole(start, count, top, store);
  if (!float) return whole;
  paper.zeroPoint = store(paper.zeroPoint);
  measureFit(start, count, top, paper);
  return paper.error < whole.error ? paper : whole;
}

/** Rounds the paper's zero point, then alternates nearest codes and least-squares scale while the error falls. */
function fitWhole(start: number, count: number, top: number, store: (scale: number) => number): void {
  whole.scale = paper.scale;
  whole.zeroPoint = Math.min(Math.max(Math.round(paper.zeroPoint), 0), top);
  measureFit(start, count, top, whole);
  for (let turn = 0; turn < 8; turn++) {
    const { scale, error } = whole;
    whole.scale = store(refitScale(start, count, top, whole));
    if (whole.scale > 0) measureFit(start, count, top, whole);
    if (whole.scale > 0 && whole.error < error) continue;
    whole.scale = scale;
    whole.error = error;
    return;
  }
}
