/** The history file of `--history`: a line is added for each run, trends are read from all of them. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { LlmcError } from '../../errors.ts';
import { tool } from '../../library/version.ts';
import { type Entry, historyEntry, parseHistory } from '../../report/history/entry.ts';
import { driftNote, trendsOf } from '../../report/history/trends.ts';
import type { Report } from '../../report/schema.ts';

/** LlmcError FILE_NOT_FOUND, DATA. */
export function readHistory(path: string): Entry[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new LlmcError('FILE_NOT_FOUND', `no history at ${path}`, {
      hint: 'llmc report bench.json --history FILE.jsonl begins one',
    });
  }
  return parseHistory(readFileSync(path, 'utf8'), path);
}

/**
 * Adds a run as one line by one append, so that jobs which end at the same time do not mix their lines.
 * LlmcError WRITE_FAILED, or DATA where the file holds something else.
 */
export function addToHistory(path: string, report: Report, commit: string | null): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) readHistory(path);
  const entry = historyEntry(report, { time: new Date().toISOString(), commit });
  try {
    append(path, `${JSON.stringify(entry)}\n`);
  } catch (cause) {
    throw new LlmcError('WRITE_FAILED', `cannot write ${path}: ${(cause as Error).message}`, {
      hint: 'check that the folder exists, is writable and has space',
      cause,
    });
  }
}

function append(path: string, line: string): void {
  const handle = openSync(path, 'a+');
  try {
    const { size } = fstatSync(handle);
    const end = Buffer.alloc(1);
    if (size > 0) readSync(handle, end, 0, 1, size - 1);
    // A line that was cut off must not swallow this one.
    writeSync(handle, Buffer.from(size > 0 && end.toString() !== '\n' ? `\n${line}` : line));
  } finally {
    closeSync(handle);
  }
}

/** Refuses a file that is no history, before the work that would end in it. LlmcError DATA. */
export function requireHistory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) readHistory(path);
}

/** `report` with the trends of a history; what drifted for the worse becomes a warning. */
export function withTrends(report: Report, entries: readonly Entry[]): Report {
  const trends = trendsOf(entries);
  const worse = trends.filter(({ points }) => points.at(-1)?.drift === 'worse');
  return {
    ...report,
    trends,
    warnings: [...report.warnings, ...worse.flatMap((trend) => driftNote(trend) ?? [])],
  };
}

/** A report of a history alone. LlmcError DATA when it is empty. */
export function historyReport(entries: readonly Entry[], path: string): Report {
  const last = entries.at(-1);
  if (last === undefined) {
    throw new LlmcError('DATA', `${path} holds no runs`, {
      hint: 'llmc report bench.json --history FILE.jsonl adds one',
    });
  }
  const report: Report = {
    version: 1,
    tool: tool(),
    command: 'report --history',
    environment: last.environment,
    data: null,
    models: [],
    comparisons: [],
    steps: [],
    requirements: [],
    warnings: [],
  };
  return withTrends(report, entries);
}
