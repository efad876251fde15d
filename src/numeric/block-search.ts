/** The scale and zero point of one block with least weighted squared error, searched around those of its extremes. */
import { blockScale, blockZeroPoint, storedScale } from './block-rule.ts';
import { roundToHalf } from './half.ts';
import type { LayerGrid } from './layer.ts';
import { ROUND_F64 } from './rounding.ts';

/** A constant of this module, not an import, for the loops' sake. */
const ROUND = ROUND_F64;

/** Weights of the block and how much an error of each counts; filled by the caller. Largest block: 2048. */
export const blockWeights = new Float64Array(2048);
export const blockImportance = new Float64Array(2048);

/** Parameters of a block: weight = (code - zeroPoint) * scale, zeroPoint a code. */
export interface BlockParameters {
  scale: number;
  zeroPoint: number;
  /** Sum of importance times squared error at the nearest codes. */
  error: number;
}

/** Ranges tried between the extremes' own and the narrowest. */
const STEPS = 16;

/** Sums of one sweep over the block; a single object is reused. `l` is code minus zero point. */
const sums = { error: 0, wl: 0, ll: 0, l: 0, w: 0, h: 0 };

/**
 * The best parameters for `count` weights. Each of a series of ever narrower ranges is rounded to, then refined: the
 * line of least squares through (code, weight), its offset rounded to a code, the scale of least squares for that.
 * This is the search of ggml's k-quants (make_qkx2_quants), with whole zero points as MatMulNBits wants them.
 * Never worse than round-to-nearest, which is the first candidate. The returned object is reused by the next call.
 */
export function searchBlock(count: number, grid: LayerGrid): Readonly<BlockParameters> {
  const { bits, symmetric, scaleType = 'float32' } = grid;
  const rule = { bits, symmetric, scaleType, quotient: 'reciprocal', roundFirst: false } as const;
  let low = 0;
  let high = 0;
  for (let i = 0; i < count; i++) {
    const w = blockWeights[i] as number;
    if (w < low) low = w;
    if (w > high) high = w;
  }
  const scale = blockScale(low, high, rule);
  best.scale = storedScale(scale, rule);
  best.zeroPoint = blockZeroPoint(low, scale, rule);
  best.error = 0;
  if (best.scale === 0) return best;
  sweep(count, best.scale, best.zeroPoint, grid);
  best.error = sums.error;
  const widest = 1.05;
  const narrowest = 1 - (1 << bits) ** -0.5;
  for (let step = 0; step < STEPS; step++) {
    const tried = scale * (widest + ((narrowest - widest) * step) / (STEPS - 1));
    if (symmetric) {
      // Either end may have the code that the other lacks.
      for (const sign of [1, -1]) refine(count, sign * tried, best.zeroPoint, grid);
    } else refine(count, tried, Math.min(Math.max(Math.round(-low / scale), 0), (1 << bits) - 1), grid);
  }
  return best;
}

const best: BlockParameters = { scale: 0, zeroPoint: 0, error: 0 };

/** Improves a candidate and keeps it in `best` where it is better. */
function refine(count: number, scale: number, zeroPoint: number, grid: LayerGrid): void {
  const top = (1 << grid.bits) - 1;
  let step = scale;
  let zero = zeroPoint;
  consider(count, step, zero, grid);
  if (!grid.symmetric) {
    const { wl, ll, l, w, h } = sums;
    const spread = ll * h - l * l;
    if (spread > 0) {
      step = (wl * h - w * l) / spread;
      // weight = slope * l + offset, and the offset is zero codes off.
      const moved = zero - (w - step * l) / h / step;
      if (!(step > 0)) return;
      zero = Math.min(Math.max(Math.round(moved), 0), top);
      consider(count, step, zero, grid);
    }
  }
  if (sums.ll > 0) consider(count, sums.wl / sums.ll, zero, grid);
}

function consider(count: number, scale: number, zeroPoint: number, grid: LayerGrid): void {
  const stored = grid.scaleType === 'float16' ? roundToHalf(scale) : Math.fround(scale);
  if (stored === 0 || !Number.isFinite(stored)) return;
  sweep(count, stored, zeroPoint, grid);
  if (!(sums.error < best.error)) return;
  best.scale = stored;
  best.zeroPoint = zeroPoint;
  best.error = sums.error;
}

/** Rounds the block to the nearest codes and sums up what follows from them. */
function sweep(count: number, scale: number, zeroPoint: number, grid: LayerGrid): void {
  const weights = blockWeights;
  const importance = blockImportance;
  const inverse = 1 / scale;
  const lowest = -zeroPoint;
  const highest = (1 << grid.bits) - 1 - zeroPoint;
  let error = 0;
  let wl = 0;
  let ll = 0;
  let l = 0;
  let w = 0;
  let h = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights[i] as number;
    const counts = importance[i] as number;
    let level = weight * inverse + ROUND - ROUND;
    if (level < lowest) level = lowest;
    else if (level > highest) level = highest;
    const off = weight - level * scale;
    const counted = counts * level;
    error += counts * off * off;
    wl += counted * weight;
    ll += counted * level;
    l += counted;
    w += counts * weight;
    h += counts;
  }
  sums.error = error;
  sums.wl = wl;
  sums.ll = ll;
  sums.l = l;
  sums.w = w;
  sums.h = h;
}
