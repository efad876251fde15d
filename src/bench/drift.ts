/** Tells when the machine changed its pace while models were timed: a processor that got hot, a neighbour that woke up. */
import { median } from '../numeric/statistics.ts';

/** Fewer rounds have no trend. */
const ROUNDS = 24;
const PARTS = 6;
/** A change of pace that is worth a word. */
const CHANGE = 0.1;

/**
 * Why times of the beginning and the end are hard to compare, or null. All models together: what only one of them does
 * is no matter of the machine. The pace must have gone one way, from part to part, but for one step.
 * @param samples milliseconds by model and round
 */
export function drift(samples: readonly Float64Array[]): string | null {
  const rounds = samples[0]?.length ?? 0;
  if (rounds < ROUNDS) return null;
  const middles = samples.map(median);
  // Each round relative to what is usual for each model.
  const pace = Float64Array.from(
    { length: rounds },
    (_, round) =>
      samples.reduce((sum, list, index) => sum + (list[round] as number) / (middles[index] as number), 0) /
      samples.length,
  );
  const parts = Array.from({ length: PARTS }, (_, part) =>
    median(pace.subarray(Math.floor((part * rounds) / PARTS), Math.floor(((part + 1) * rounds) / PARTS))),
  );
  const change = (parts.at(-1) as number) / (parts[0] as number) - 1;
  const steps = parts.slice(1).filter((part, index) => part > (parts[index] as number) === change > 0).length;
  if (Math.abs(change) < CHANGE || steps < PARTS - 2) return null;
  const percent = Math.round(Math.abs(change) * 100);
  return change > 0
    ? `the machine became ${percent} % slower while it was measured (heat, or other work): absolute times mean little`
    : `the machine became ${percent} % faster while it was measured: absolute times mean little`;
}
