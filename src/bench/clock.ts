/** What the clock can tell apart, and how many runs it takes to fill enough of its ticks. */

/** Readings after which a clock counts as standing still (tests have such). */
const MOST_READINGS = 1_000_000;
/** Ticks seen before the shortest one is believed. */
const TICKS = 50;
/** A time of so many ticks is right to a percent. */
const ENOUGH = 100;
const MOST_RUNS = 4096;

/** The smallest step that two readings in a row were apart, in the clock's unit; 0 for one that stands still. */
export function clockResolution(clock: () => number): number {
  let least = Infinity;
  let last = clock();
  for (let reading = 0, ticks = 0; reading < MOST_READINGS && ticks < TICKS; reading++) {
    const now = clock();
    if (now > last) {
      least = Math.min(least, now - last);
      ticks++;
    }
    last = now;
  }
  return least === Infinity ? 0 : least;
}

/**
 * How many runs in a row take at least a hundred ticks of the clock: 1 for nearly every model.
 * @param time runs so many times and says how long that took
 */
export async function runsPerSample(
  time: (runs: number) => Promise<number>,
  resolution: number,
): Promise<number> {
  const least = ENOUGH * resolution;
  for (let runs = 1; ; ) {
    const took = await time(runs);
    if (took >= least || runs >= MOST_RUNS) return runs;
    // A little more than it seems to take; a clock that has not moved says nothing.
    const wanted = took > 0 ? Math.ceil((1.2 * runs * least) / took) : 8 * runs;
    runs = Math.min(MOST_RUNS, Math.max(runs + 1, Math.min(wanted, 8 * runs)));
  }
}
