/** Half-quadratic quantization of one block: finds a zero point that serves the bulk of the weights. */
import { tile } from './block-tile.ts';
import { ROUND_F64 } from './rounding.ts';

/** Constants of this module, not imports, for the loops' sake (see block-tile.ts). */
const weights = tile;
const ROUND = ROUND_F64;

/** Parameters of the solver, named as in the paper; defaults are those of its authors and of onnxruntime. */
export interface HqqOptions {
  /** The norm of the error, below 1 to be forgiving to outliers. */
  readonly p: number;
  /** Weight of the quadratic penalty, and the factor it grows by. */
  readonly beta: number;
  readonly kappa: number;
  readonly iterations: number;
}

export const HQQ_DEFAULTS: HqqOptions = { p: 0.7, beta: 10, kappa: 1.01, iterations: 20 };

/** A block's parameters: weight = (code - zeroPoint) * scale, zeroPoint not necessarily whole. */
export interface BlockFit {
  scale: number;
  zeroPoint: number;
  /** Sum of squared differences between the weights and their approximation. */
  error: number;
}

/** State of one iteration; a single object is reused. */
const sums = { zeroPoint: 0, absolute: 0, squared: 0 };

/**
 * The best zero point for the tile's weights [start, start + count) at `scale`, starting from `zeroPoint` (Badri and
 * Shaji, "Half-Quadratic Quantization of Large Machine Learning Models", 2023, section 2). Each turn quantizes, sets
 * apart the part of the error that the p-norm forgives (the proximal step), and moves the zero point to the mean of
 * what is left. Ends when the mean absolute error stops falling. Returns the iterate of least squared error in `fit`.
 */
export function solveHqq(
  start: number,
  count: number,
  top: number,
  fit: BlockFit,
  options: HqqOptions = HQQ_DEFAULTS,
): void {
  let beta = options.beta;
  let least = Infinity;
  let zeroPoint = fit.zeroPoint;
  fit.error = Infinity;
  for (let turn = 0; turn < options.iterations; turn++) {
    // Errors below this are forgiven whole: where |e| = |e|^(p-1) / beta. A little less, to be safe.
    const forgiven = 0.99 * (1 / beta) ** (1 / (2 - options.p));
    iterate(start, count, top, fit.scale, zeroPoint, beta, options.p, forgiven);
    if (sums.squared < fit.error) {
      fit.error = sums.squared;
      fit.zeroPoint = zeroPoint;
    }
    if (!(sums.absolute < least)) return;
    least = sums.absolute;
    zeroPoint = sums.zeroPoint;
    beta *= options.kappa;
  }
}

/** One turn; leaves the next zero point and the error of this one in `sums`. */
function iterate(
  start: number,
  count: number,
  top: number,
  scale: number,
  zeroPoint: number,
  beta: number,
  p: number,
  forgiven: number,
): void {
  const step = +scale;
  const inverse = 1 / step;
  const zero = zeroPoint * 1;
  const highest = top * 1;
  let shift = 0;
  let absolute = 0;
  let squared = 0;
  for (let i = start; i < start + count; i++) {
    const weight = weights[i] as number;
    let code = weight * inverse + zero + ROUND - ROUND;
    if (code < 0) code = 0;
    else if (code > highest) code = highest;
    const error = weight - (code - zero) * step;
    const size = Math.abs(error);
    let kept = 0; // what the p-norm leaves in the error: the sparse outliers
    if (size > forgiven) kept = Math.sign(error) * Math.max(size - (size + 1e-8) ** (p - 1) / beta, 0);
    shift += code - (weight - kept) * inverse;
    absolute += size;
    squared += error * error;
  }
  sums.zeroPoint = shift / count;
  sums.absolute = absolute;
  sums.squared = squared;
}

/** Squared error of the block at the parameters of `fit`, rounding to the nearest code; sets `fit.error`. */
export function measureFit(start: number, count: number, top: number, fit: BlockFit): void {
  iterate(start, count, top, fit.scale, fit.zeroPoint, 1, 1, Infinity);
  fit.error = sums.squared;
}

/**
 * The scale of least squared error for the codes that `fit` gives, keeping its zero point; 0 if all codes equal it.
 */
export function refitScale(start: number, count: number, top: number, fit: BlockFit): number {
  const inverse = 1 / fit.scale;
  const zero = fit.zeroPoint * 1;
  const highest = top * 1;
  let product = 0;
  let power = 0;
  for (let i = start; i < start + count; i++) {
    const weight = weights[i] as number;
    let code = weight * inverse + zero + ROUND - ROUND;
    if (code < 0) code = 0;
    else if (code > highest) code = highest;
    const level = code - zero;
    product += weight * level;
    power += level * level;
  }
  return power === 0 ? 0 : product / power;
}

/** Writes the nearest codes of the block at the parameters of `fit`, one per byte. */
export function writeFit(
  start: number,
  count: number,
  top: number,
  fit: BlockFit,
  target: Uint8Array,
  at: number,
): void {
  const inverse = 1 / fit.scale;
  const zero = fit.zeroPoint * 1;
  const highest = top * 1;
  for (let i = 0; i < count; i++) {
    let code = (weights[start + i] as number) * inverse + zero + ROUND - ROUND;
    if (code < 0) code = 0;
    else if (code > highest) code = highest;
    target[at + i] = code;
  }
}
