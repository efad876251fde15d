/** How onnxruntime's tools compute the scale, zero point and code of a block, step by step in single precision. */
import { roundToHalf } from './half.ts';
import { roundHalfEven } from './rounding.ts';

/**
 * On paper a code is clip(round(w / scale) + zeroPoint). The tools differ in where single precision rounds and which
 * way ties go, and about one code in a thousand depends on it.
 */
export interface BlockRule {
  readonly bits: number;
  readonly symmetric: boolean;
  /** Type the scales are stored in; they are rounded to it before the codes are computed. */
  readonly scaleType: 'float32' | 'float16';
  /** `reciprocal`: w * float32(1 / scale), ties away from zero (C++). `division`: w / scale, ties to even (numpy). */
  readonly quotient: 'reciprocal' | 'division';
  /** Whether the zero point is added after rounding, or before it in single precision. */
  readonly roundFirst: boolean;
}

/**
 * Scale of a block with extremes `low` <= 0 <= `high`, before it is rounded to its stored type. Symmetric: the
 * extreme of larger magnitude, whatever its sign, becomes code 0, because that side has one code more; the scale is
 * negative when that extreme is positive.
 */
export function blockScale(low: number, high: number, rule: BlockRule): number {
  if (rule.symmetric) return (high > -low ? high : low) / -(1 << (rule.bits - 1));
  return Math.fround(Math.fround(high - low) / ((1 << rule.bits) - 1));
}

/** Zero point of a block whose scale, before rounding to its stored type, is `scale`. */
export function blockZeroPoint(low: number, scale: number, rule: BlockRule): number {
  const middle = 1 << (rule.bits - 1);
  if (rule.symmetric) return middle;
  const even = rule.quotient === 'division';
  if (scale === 0) return even ? middle : 0;
  const exact = Math.fround(-low / scale);
  return Math.min(even ? roundHalfEven(exact) : Math.floor(exact + 0.5), (1 << rule.bits) - 1);
}

/** Rounds a scale to the type it is stored in. */
export function storedScale(scale: number, rule: BlockRule): number {
  return rule.scaleType === 'float16' ? roundToHalf(scale) : scale;
}

/** What weights are multiplied by: 1 / scale, in single precision where the rule says so; 0 for an empty block. */
export function inverseScale(scale: number, rule: BlockRule): number {
  if (scale === 0) return 0;
  return rule.quotient === 'division' ? 1 / scale : Math.fround(1 / scale);
}

/** The code of one weight, rounded step by step as the rule says. */
export function exactCode(weight: number, scale: number, zeroPoint: number, rule: BlockRule): number {
  const even = rule.quotient === 'division';
  let x = scale === 0 ? 0 : Math.fround(even ? weight / scale : weight * Math.fround(1 / scale));
  if (!rule.roundFirst) x = Math.fround(x + zeroPoint);
  x = even ? roundHalfEven(x) : Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
  if (rule.roundFirst) x += zeroPoint;
  return Math.min(Math.max(x, 0), (1 << rule.bits) - 1);
}
