/** The candidates of a search as a table, the best first, and what became of the others. */
import { type Align, alignColumns, shorten } from './layout.ts';
import { printable } from './printable.ts';
import type { Report } from './schema.ts';
import type { SearchRecord } from './schema-search.ts';

const LONGEST_NAME = 48;
type Row = SearchRecord['trials'][number];

/** Header and rows of cells; null without a search. */
export function searchTable(report: Pick<Report, 'search'>): { header: string[]; rows: string[][] } | null {
  const { search } = report;
  if (!search) return null;
  const rows = [...search.trials]
    .sort((a, b) => rank(a) - rank(b) || a.sizeRatio / a.speedup - b.sizeRatio / b.speedup)
    .map((trial) => [
      printable(trial.name),
      `${trial.sizeRatio.toFixed(3)}x`,
      `${trial.speedup.toFixed(2)}x`,
      lossText(trial, search.of),
      notesOf(trial),
    ]);
  return { header: ['candidate', 'size', 'speed', lossTitle(search.of), ''], rows };
}

/** Title, header, rows and what failed. */
export function searchLines(report: Pick<Report, 'search'>): string[] {
  const table = searchTable(report);
  const { search } = report;
  if (!table || !search) return [];
  const aligns: Align[] = ['left', 'right', 'right', 'right', 'left'];
  const cells = table.rows.map(([name = '', ...rest]) => [shorten(name, LONGEST_NAME), ...rest]);
  return [
    searchTitle(search),
    ...alignColumns([table.header, ...cells], aligns),
    ...search.failures.map(failureText),
  ];
}

/** `12 candidates under a drop of 1%: nothing better is left to try`. */
export function searchTitle({ trials, failures, budget, stopped, rows }: SearchRecord): string {
  const count = trials.length + failures.length;
  return `${count} candidates under ${budget}, chosen on ${rows.chosenOn} rows, confirmed on ${rows.confirmedOn} others; ended because ${stopped}`;
}

export function failureText({ name, reason }: SearchRecord['failures'][number]): string {
  return `${printable(name)}: ${printable(reason)}`;
}

function rank({ chosen, within, front }: Row): number {
  return chosen ? 0 : within ? (front ? 1 : 2) : 3;
}

function notesOf({ chosen, single, front, within, confirmed }: Row): string {
  const notes = [
    ...(chosen ? ['chosen'] : []),
    ...(within ? [] : ['over budget']),
    ...(front ? ['front'] : []),
    ...(single ? ['single scheme'] : []),
    ...(confirmed ? ['confirmed'] : []),
  ];
  return notes.join(', ');
}

export function lossTitle(of: string): string {
  return of === 'agreement' ? 'answers that change' : of === 'error' ? 'error' : `${of} lost`;
}

function lossText({ drop }: Row, of: string): string {
  const text = `${(drop * 100).toFixed(2)}%`;
  return of === 'agreement' || of === 'error' || drop <= 0 ? text : `+${text}`;
}
