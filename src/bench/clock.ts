/** What the clock can tell apart, and how many runs it takes to fill enough of its ticks. */

/** Readings after which a clock counts as standing still (tests have such). */
const MOST_READINGS = 1_000_000;
/** Ticks looked at: readings get quicker once their code is compiled. */
const MOST_TICKS = 5000;
/** Of a coarse clock three must do. */
const FEWEST_TICKS = 3;
const LOOK_MS = 50;
/** A time of so many ticks is right to a percent. */
const ENOUGH = 100;
const MOST_RUNS = 4096;

/** The smallest step that two readings in a row were apart, milliseconds; 0 for one that stands still. */
export function clockResolution(clock: () => number): number {
  let least = Infinity;
  const first = clock();
  let last = first;
  let ticks = 0;
  for (let reading = 0; reading < MOST_READINGS && ticks < MOST_TICKS; reading++) {
    if (ticks >= FEWEST_TICKS && last - first > LOOK_MS) break;
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
