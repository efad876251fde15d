/** Axes of charts: where a number lies and which round numbers are written beside it. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Round numbers between low and high. */
  readonly ticks: readonly number[];
  /** Position of a number between `from` and `to`. */
  at(value: number): number;
}

/** A linear axis from `low` to `high` drawn between the positions `from` and `to`. */
export function linearScale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  wanted = 5,
): Scale {
  const span = high - low || 1;
  return {
    low,
    high,
    ticks: ticks(low, high, wanted),
    at: (value) => from + ((value - low) / span) * (to - from),
  };
}

/** An axis shows at least this share of its largest number, so that a difference of nothing looks like nothing. */
const LEAST_SPAN = 0.06;

/** The range of an axis that shows `values`: from zero where that costs little room, else with a margin on both sides. */
export function rangeOf(values: readonly number[], margin = 0.08): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (high > 0 && low >= 0 && low <= 0.35 * high) return [0, high * (1 + margin)];
  const least = LEAST_SPAN * Math.max(Math.abs(low), Math.abs(high)) || 1;
  const pad = Math.max((high - low) * margin, (least - (high - low)) / 2);
  return [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
}

/** Multiples of 1, 2 or 5 times a power of ten, about `wanted` of them. */
export function ticks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / Math.max(1, wanted);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const found: number[] = [];
  const first = Math.ceil(low / step - 1e-9);
  // The margin keeps a last tick that rounding has put beyond the end.
  for (let index = first; index * step <= high + step * 1e-9 && found.length < 50; index++)
    found.push(Number((index * step).toPrecision(12)));
  return found;
}
