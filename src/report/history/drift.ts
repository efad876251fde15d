/** Tells when a number leaves the range of the runs before it, robustly: one odd run neither hides nor causes an alarm. */

/** Runs that are looked back at. */
const WINDOW = 10;
/** With fewer there is no telling what is usual. */
const FEWEST = 4;
/** Scaled deviations from the median that are unusual: 1 in 15,000 of a normal distribution. */
const LIMIT = 4;
/** Makes the median absolute deviation of a normal distribution its standard deviation. */
const SCALE = 1.4826;

/**
 * For each value: its difference from the median of up to ten values before it, relative to that median, where it is
 * above four scaled median absolute deviations and above `least`; else null.
 * @param least relative change that is never reported: what is the same number every time has no deviation at all
 */
export function drifts(values: readonly number[], least: number): (number | null)[] {
  return values.map((value, index) => {
    const before = values.slice(Math.max(0, index - WINDOW), index);
    if (before.length < FEWEST) return null;
    const usual = middle(before);
    const spread = SCALE * middle(before.map((other) => Math.abs(other - usual)));
    const change = value - usual;
    const size = Math.abs(usual) || 1;
    return Math.abs(change) > Math.max(LIMIT * spread, least * size) ? change / size : null;
  });
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}
