/** What was lost of a task metric, whichever way it counts. */

/** Metrics of which less is better; of all others, named here or not, more is. */
const LOWER_IS_BETTER: ReadonlySet<string> = new Set(['cer', 'mae', 'mse', 'nll', 'perplexity', 'wer']);

/** Of these a percentage says nothing: they have no largest value, so a hundredth of one is nobody's unit. */
const UNBOUNDED: ReadonlySet<string> = new Set(['mae', 'mse', 'nll', 'perplexity']);

/** Metrics that users define say it in their names. */
const SAYS_LOWER = /(?:error|loss)$/i;

/** @param name key of a task metric, e.g. accuracy */
export function lowerIsBetter(name: string): boolean {
  return LOWER_IS_BETTER.has(name) || SAYS_LOWER.test(name);
}

export function isUnbounded(name: string): boolean {
  return UNBOUNDED.has(name);
}

/** Positive when `after` is worse: before - after of accuracy, after - before of perplexity. */
export function metricDrop(name: string, before: number, after: number): number {
  if (before === after) return 0;
  return lowerIsBetter(name) ? after - before : before - after;
}

/** The drops of all metrics both have. */
export function metricDrops(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  const shared = Object.keys(before).filter((name) => Object.hasOwn(after, name));
  return Object.fromEntries(
    shared.map((name) => [name, metricDrop(name, before[name] as number, after[name] as number)]),
  );
}
