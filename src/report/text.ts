/** Renders a report for a person at a terminal. */
import { levelLines, PLAN_ASSUMES, planLines, planNotes } from './concurrency-table.ts';
import { groupModels } from './groups.ts';
import { trendLines } from './history/trend-lines.ts';
import { LAYERS_SHOWN, layerLines } from './layer-table.ts';
import { shorten, wrap } from './layout.ts';
import { modelTable, type TableView } from './model-table.ts';
import { operatorLines } from './operator-table.ts';
import { passLines } from './pass-lines.ts';
import { printable } from './printable.ts';
import { renderRequirements } from './requirement-lines.ts';
import type { Environment, Report, StepRecord } from './schema.ts';
import { searchLines } from './search-table.ts';
import { countKinds, groupSkipped, leftAlone } from './skipped.ts';
import { stepTitle } from './step-title.ts';
import { sweepLines } from './sweep-table.ts';
import { trainingLines } from './training-line.ts';
import { formatBytes, formatMs } from './units.ts';

export type TextView = TableView;

const REASONS_SHOWN = 8;
const NAMES_SHOWN = 3;
const LONGEST_NAME = 60;

/** The report as text with a newline at the end; failing requirements are its last lines. */
export function renderText(report: Report, view: TextView): string {
  const { palette, width } = view;
  const title = `llmc ${report.tool.version} ${report.command}`.trimEnd();
  const sections = [
    [palette.bold(title)],
    ...groupModels(report).map((group) => modelTable(group, view)),
    fidelityNote(report).flatMap((line) => wrap(line, width)),
    layerSection(report, view),
    tableSection(operatorLines(report), view),
    tableSection(sweepLines(report), view),
    tableSection(searchLines(report), view),
    tableSection(levelLines(report), view),
    planSection(report, view),
    trendLines(report, palette),
    report.steps.flatMap((step) => stepLines(step, view)),
    wrap(describeEnvironment(report.environment), width).map((line) => palette.dim(line)),
    report.warnings.flatMap((warning) => wrap(`${palette.warn('warning:')} ${printable(warning)}`, width, 2)),
    renderRequirements(report.requirements, palette).split('\n').filter(Boolean),
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The layers of a comparison with what to do about them. */
function layerSection(
  report: Report,
  { palette, width, verbose, layers = LAYERS_SHOWN }: TextView,
): string[] {
  const [title, header, ...rows] = layerLines(report, verbose ? Infinity : layers);
  const advice = (report.suggestions ?? []).flatMap((text) =>
    wrap(`${palette.accent('suggested:')} ${printable(text)}`, width, 2),
  );
  if (title === undefined) return advice;
  if (header === undefined) return [title];
  return [...wrap(title, width), palette.dim(header), ...rows, ...(advice.length > 0 ? ['', ...advice] : [])];
}

/** A title, a header and rows. */
function tableSection([title, header, ...rows]: readonly string[], { palette, width }: TextView): string[] {
  if (title === undefined || header === undefined) return [];
  return [...wrap(title, width), palette.dim(header), ...rows];
}

/** What a rate of requests takes, and what that rests on. */
function planSection(report: Report, view: TextView): string[] {
  const lines = tableSection(planLines(report), view);
  if (lines.length === 0) return [];
  const notes = planNotes(report).flatMap((note) => wrap(note, view.width, 2));
  return [...lines, ...notes, ...wrap(PLAN_ASSUMES, view.width).map((line) => view.palette.dim(line))];
}

/** What the fidelity and metrics of a report were computed on. */
export function fidelityNote(report: Report): string[] {
  const judged = report.models.flatMap((model) => (model.fidelity ? [model.fidelity] : []));
  const lines = [
    ...new Set(
      judged.map(({ against, samples, synthetic }) => {
        const kind = synthetic ? 'generated (synthetic) inputs' : 'inputs of the given data';
        return `fidelity against ${against} on ${rowsText(samples)} of ${kind}`;
      }),
    ),
  ];
  const { data } = report;
  if (data && !data.synthetic) lines.push(`data: ${data.source}, ${rowsText(data.rows)}`);
  if (data?.synthetic && judged.length === 0) {
    lines.push(`measured on ${rowsText(data.rows)} of generated (synthetic) inputs, good for latency only`);
  }
  return lines;
}

function rowsText(count: number): string {
  return `${count} row${count === 1 ? '' : 's'}`;
}

/** One line about the machine. */
export function describeEnvironment(machine: Environment): string {
  const threads =
    machine.threads === null ? '' : `, ${machine.threads} thread${machine.threads === 1 ? '' : 's'}`;
  const sets = machine.instructionSets.length > 0 ? ` (${machine.instructionSets.join(' ')})` : '';
  return (
    `measured on ${machine.cpu}${sets}, ${machine.cores} cores${threads}, ${formatBytes(machine.memoryBytes)}, ` +
    `${machine.platform}, node ${machine.node}, onnxruntime ${machine.onnxruntime} ${machine.provider}`
  );
}

function stepLines(step: StepRecord, view: TextView): string[] {
  const { palette, width, verbose } = view;
  const counts = [
    formatMs(step.durationMs),
    ...(step.changed.length > 0 ? [`${step.changed.length} changed`] : []),
    ...(step.skipped.length > 0 ? [leftAlone(step.skipped)] : []),
  ];
  const changed = verbose
    ? step.changed.flatMap(({ what, detail }) =>
        wrap(printable(`  ${what}${detail && `: ${detail}`}`), width, 4),
      )
    : [];
  const title = stepTitle(step);
  const [facts = '', ...more] = wrap(counts.join(', '), Math.max(1, width - title.length - 2));
  return [
    `${palette.bold(printable(title))}  ${palette.dim(facts)}`,
    ...more.map((line) => palette.dim(`  ${line}`)),
    ...[...trainingLines(step), ...step.notes].flatMap((note) =>
      wrap(printable(note), width - 2, 2).map((line) => `  ${line}`),
    ),
    ...passLines(step.passes, verbose).flatMap((line) =>
      wrap(printable(line), width - 2, 2).map((part) => palette.dim(`  ${part}`)),
    ),
    ...changed.map((line) => `  ${line}`),
    ...skippedLines(step, view),
  ];
}

function skippedLines(step: StepRecord, { palette, width, verbose }: TextView): string[] {
  const groups = groupSkipped(step.skipped);
  const shown = verbose ? groups : groups.slice(0, REASONS_SHOWN);
  const lines = shown.flatMap(({ reason, items, bytes }) => {
    const names = verbose ? items : items.slice(0, NAMES_SHOWN);
    const more = items.length - names.length;
    const list = names.map(({ what }) => shorten(what, LONGEST_NAME)).join(', ');
    return [
      ...wrap(`- ${printable(reason)}: ${countKinds(items)}, ${formatBytes(bytes)}`, width - 2, 2),
      ...wrap(`  ${list}${more > 0 ? ` and ${more} more` : ''}`, width - 4).map((line) =>
        palette.dim(`  ${line}`),
      ),
    ];
  });
  const hidden = groups.length - shown.length;
  if (hidden > 0) lines.push(palette.dim(`and ${hidden} more reasons; --verbose lists everything`));
  return lines.map((line) => `  ${line}`);
}
