/** Who is measured again on rows that chose nothing, and what is known of them then. */
import type { Point, Trial } from './candidate.ts';
import { excess, frontOf, scoreOf } from './front.ts';
import type { TuneJob } from './job.ts';
import { withinDrop } from './refine.ts';

const MOST_FINALISTS = 8;

/** What both halves say together, and no less than what the half says that chose nothing. */
export function pooled(search: Point, confirm: Point, n: number, m: number): Point {
  const drop = (search.drop * n + confirm.drop * m) / (n + m);
  // Where no row says how sure a metric is, the halves do.
  const error =
    search.error === 0 && confirm.error === 0
      ? Math.abs(search.drop - confirm.drop) / 2
      : Math.sqrt((search.error * n) ** 2 + (confirm.error * m) ** 2) / (n + m);
  return { ...confirm, drop: Math.max(drop, confirm.drop), error };
}

/** The front, the best single scheme, the best, and the safest: whoever may win once other rows are asked. */
export function finalistsOf(trials: readonly Trial[], { budget, goal }: TuneJob): Trial[] {
  const byScore = [...trials].sort((a, b) => scoreOf(b, budget, goal) - scoreOf(a, budget, goal));
  const holding = byScore.filter((trial) => excess(trial, budget) === 0);
  const safest = [...trials]
    .filter((trial) => withinDrop(trial, budget))
    .sort((a, b) => a.point.drop - b.point.drop);
  const closest = [...trials].sort((a, b) => excess(a, budget) - excess(b, budget));
  const single = holding.find(({ candidate }) => candidate.single);
  const sure = holding.filter((trial) => excess(trial, budget, true) === 0);
  const wanted = [
    ...(single ? [single] : []),
    ...sure.slice(0, 3),
    ...holding.slice(0, 3),
    ...safest.slice(0, 1),
    ...frontOf(holding),
    ...closest.slice(0, 2),
  ];
  return [...new Set(wanted)].slice(0, MOST_FINALISTS);
}
