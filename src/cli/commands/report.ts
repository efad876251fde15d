/** `llmc report`: renders saved reports, several merged into one, or against an older one. */
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { LlmcError } from '../../errors.ts';
import { compareReports } from '../../report/against.ts';
import { formatByName, formatByPath, type ReportFormat } from '../../report/formats.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import { mergeReports, type NamedReport } from '../../report/merge.ts';
import { parseReport } from '../../report/read.ts';
import type { Report } from '../../report/schema.ts';
import type { Handler, Invocation } from '../command.ts';
import { commitOf } from '../commit.ts';
import type { CommandIo } from '../io.ts';
import { planReport } from '../report-target.ts';
import type { Terminal } from '../terminal.ts';
import type { reportSpec } from './report.options.ts';
import { addToHistory, historyReport, readHistory, withTrends } from './report-history.ts';

export const run: Handler<typeof reportSpec> = async ({ operands, options }, io) => {
  const report = shown(operands.reports, options, io);
  const format = chosenFormat(options.format, options.output, io.common.json);
  const toTerminal = options.output === undefined && format.name === 'text';
  // Requirements are checked again by --require, against what this command shows.
  return io.finish(report, {
    ...(toTerminal ? {} : { render: (judged) => rendered(judged, format, io.env) }),
    ...(options.output === undefined
      ? {}
      : { path: planReport(options.output, io.common.force, format).path }),
  });
};

type Options = Invocation<typeof reportSpec>['options'];

/** The report to render; adds its line to the history on the way. */
function shown(paths: readonly string[], { baseline, history, commit }: Options, io: CommandIo): Report {
  if (paths.length === 0) {
    if (history !== undefined && baseline === undefined) return historyReport(readHistory(history), history);
    throw new LlmcError('USAGE', 'no report is named', {
      hint: 'give reports in JSON, or --history FILE.jsonl to see a history alone',
    });
  }
  const name = paths.map((path) => basename(path)).join(', ');
  const merged = mergeReports(paths.map(open));
  const report = baseline === undefined ? merged : compareReports({ name, report: merged }, open(baseline));
  if (history === undefined) return report;
  addToHistory(history, merged, commit ?? commitOf(io.env, '.'));
  return withTrends(report, readHistory(history));
}

/** In a workflow, the page of the run gets the Markdown report as well; GitHub takes 1 MiB, Markdown is far below. */
function rendered(report: Report, format: ReportFormat, env: Terminal['env']): string {
  const summary = env['GITHUB_STEP_SUMMARY'];
  if (format.name === 'github' && summary) appendFileSync(summary, `${renderMarkdown(report)}\n`);
  return format.render(report);
}

function chosenFormat(name: string | undefined, output: string | undefined, json: boolean): ReportFormat {
  if (json && name !== undefined && name !== 'json') {
    throw new LlmcError('USAGE', `--json and --format ${name} contradict each other`, {
      hint: 'give one of them',
    });
  }
  if (json) return formatByName('json');
  if (name !== undefined) return formatByName(name);
  return output === undefined ? formatByName('text') : formatByPath(output);
}

function open(path: string): NamedReport {
  if (!statSync(path, { throwIfNoEntry: false })) {
    throw new LlmcError('FILE_NOT_FOUND', `no report at ${path}`, {
      hint: 'give a file that `llmc ... --report FILE.json` has written',
    });
  }
  return { name: basename(path), report: parseReport(readFileSync(path, 'utf8'), path) };
}
