/** How much is gone at each step when pruning goes along with training. */

export interface CubicSchedule {
  /** Shares that are gone before and after, 0 to 1. */
  readonly from: number;
  readonly to: number;
  /** First step at which something goes, and the step from which on `to` holds. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Much at first, while there is much to spare, less and less later: to + (from - to) (1 - (t - begin) / (end - begin))^3
 * (Zhu & Gupta 2017, "To prune, or not to prune", equation 1).
 */
export function cubicSparsity({ from, to, begin, end }: CubicSchedule, step: number): number {
  if (step >= end) return to;
  if (step <= begin) return from;
  return to + (from - to) * (1 - (step - begin) / (end - begin)) ** 3;
}
