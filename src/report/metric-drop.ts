/** Task metrics as a report sees them: which way they count, and what was lost of one. */

export interface Direction {
  /** Less is better. */
  readonly lower?: true;
  /** It has no largest value, so that a hundredth of one is nobody's unit: a percentage says nothing of it. */
  readonly unbounded?: true;
}

/** The usual task metrics, known before anything is measured; alphabetical. Of others, which a report may carry, more is better unless their name says otherwise. */
export const DIRECTIONS: Readonly<Record<string, Direction>> = {
  accuracy: {},
  auc: {},
  cer: { lower: true },
  dice: {},
  f1: {},
  iou: {},
  mae: { lower: true, unbounded: true },
  mse: { lower: true, unbounded: true },
  nll: { lower: true, unbounded: true },
  perplexity: { lower: true, unbounded: true },
  precision: {},
  r2: {},
  recall: {},
  similarity: {},
  spearman: {},
  top5: {},
  wer: { lower: true },
};

/** Metrics that users define say in their names that less is better (data/metrics/module.ts). */
const SAYS_LOWER = /(?:error|loss)$/i;

function directionOf(name: string): Direction {
  if (Object.hasOwn(DIRECTIONS, name)) return DIRECTIONS[name] ?? {};
  return SAYS_LOWER.test(name) ? { lower: true } : {};
}

/** @param name key of a task metric, e.g. accuracy */
export function lowerIsBetter(name: string): boolean {
  return directionOf(name).lower === true;
}

export function isUnbounded(name: string): boolean {
  return directionOf(name).unbounded === true;
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
