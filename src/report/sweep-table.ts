/** Sweeps as a table: models at every point, with the speed-up and its interval. */
import { type Align, alignColumns, shorten } from './layout.ts';
import { printable } from './printable.ts';
import { type Change, timed } from './rows.ts';
import type { Report } from './schema.ts';
import type { SweepPoint } from './schema-bench.ts';
import { formatMs, significant } from './units.ts';

const LONGEST_NAME = 32;

export interface SweepTable {
  readonly header: readonly string[];
  readonly rows: readonly SweepRow[];
}

export interface SweepRow {
  readonly cells: readonly string[];
  /** The speed-up; null for the baseline. */
  readonly change: Change | null;
}

/** Null without a sweep. Columns: each axis, model, p50, throughput; the speed-up follows. */
export function sweepTable({ sweep = [] }: Report): SweepTable | null {
  if (sweep.length === 0) return null;
  const axes = sweepAxes(sweep);
  const rows = sweep.flatMap(({ at, models }) =>
    models.map(({ name, p50Ms, throughput, speedup }): SweepRow => {
      const place = axes.map((axis) => `${at[axis] ?? ''}`);
      const numbers = [formatMs(p50Ms), throughput === null ? '-' : `${significant(throughput)} rows/s`];
      return { cells: [...place, printable(name), ...numbers], change: speedup && timed(speedup) };
    }),
  );
  return { header: [...axes.map(printable), 'model', 'p50', 'throughput', 'speed'], rows };
}

/** Names of what is varied. */
export function sweepAxes(sweep: readonly SweepPoint[]): string[] {
  return [...new Set(sweep.flatMap(({ at }) => Object.keys(at)))];
}

/** How many differences are to be expected where there is none. */
export function sweepTitle({ sweep = [] }: Report): string {
  const axes = sweepAxes(sweep).map(printable).join(' and ');
  const judged = sweep.flatMap(({ models }) => models.filter(({ speedup }) => speedup !== null)).length;
  const doubt =
    judged >= 10 ? `; of ${judged} intervals about ${Math.max(1, Math.round(judged / 50))} may miss` : '';
  return `by ${axes}${doubt}`;
}

/** Title, header and rows; nothing without a sweep. */
export function sweepLines(report: Report): string[] {
  const table = sweepTable(report);
  if (table === null) return [];
  const axes = table.header.length - 4;
  const aligns: Align[] = table.header.map((_, column) =>
    column === axes || column === table.header.length - 1 ? 'left' : 'right',
  );
  const rows = table.rows.map(({ cells, change }) => [
    ...cells.map((cell) => shorten(cell, LONGEST_NAME)),
    change?.text ?? '',
  ]);
  const header = table.header.map((cell) => shorten(cell, LONGEST_NAME));
  return [sweepTitle(report), ...alignColumns([header, ...rows], aligns)];
}
