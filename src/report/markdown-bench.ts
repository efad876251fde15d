/** Sections of Markdown for what a benchmark measures when asked: sweeps, requests at once, capacity. */
import {
  LEVEL_HEADER,
  levelRows,
  PLAN_ASSUMES,
  PLAN_HEADER,
  planNotes,
  planRows,
  planTitle,
} from './concurrency-table.ts';
import { shorten } from './layout.ts';
import { escapeHtml, FRAME, leading, list, PROSE } from './markdown-lists.ts';
import { codeSpan, collapsed, escapeMarkdown, markdownTable } from './markdown-text.ts';
import type { Report } from './schema.ts';
import { sweepTable, sweepTitle } from './sweep-table.ts';

/** A sweep as a collapsed table. */
export function sweepSection(report: Report, room: number): string[] {
  const table = sweepTable(report);
  if (table === null) return [];
  const rows = table.rows.map(({ cells, change }) =>
    [...cells, change?.text ?? ''].map((cell) => escapeMarkdown(cell)),
  );
  const header = table.header.map((cell) => escapeMarkdown(cell));
  return collapsed(
    escapeHtml(shorten(sweepTitle(report), 80)),
    leading(markdownTable(header, rows), room - FRAME),
  );
}

/** Requests at once, and what a rate of them takes. */
export function loadSection(report: Report, room: number): string[] {
  const cells = ([name = '', ...others]: readonly string[]) => [
    codeSpan(name),
    ...others.map((cell) => escapeMarkdown(cell)),
  ];
  const levels = levelRows(report).map(cells);
  const plans = planRows(report).map(cells);
  return [
    ...(plans.length > 0
      ? [
          `What it takes ${escapeMarkdown(planTitle(report))}:`,
          '',
          ...leading(markdownTable(PLAN_HEADER, plans), room / 3),
          '',
          ...list(
            planNotes(report).map((line) => escapeMarkdown(line, PROSE)),
            room / 6,
          ),
          PLAN_ASSUMES,
          '',
        ]
      : []),
    ...(levels.length > 0
      ? collapsed('Requests at once', leading(markdownTable(LEVEL_HEADER, levels), room / 3))
      : []),
  ];
}
