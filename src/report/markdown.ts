/** Renders a report as a pull-request comment: one headline table, the rest folded away, within GitHub's limit. */
import { groupModels } from './groups.ts';
import { trendCells } from './history/trend-lines.ts';
import { ALL_EQUAL, LAYER_HEADER, LAYERS_SHOWN, layerCells } from './layer-table.ts';
import { shorten } from './layout.ts';
import { loadSection, sweepSection } from './markdown-bench.ts';
import { escapeHtml, FRAME, leading, lengthOf, list, PROSE } from './markdown-lists.ts';
import { codeSpan, collapsed, escapeMarkdown, markdownTable } from './markdown-text.ts';
import { mermaidCharts } from './mermaid.ts';
import { OPERATOR_HEADER, OPERATORS_SHOWN, operatorCells, slowerOperators } from './operator-table.ts';
import { passLines } from './pass-lines.ts';
import { rowsFor, sizeChange, speedChange } from './rows.ts';
import type { ModelRecord, Report, Skipped, StepRecord } from './schema.ts';
import { failureText, searchTable, searchTitle } from './search-table.ts';
import { heaviestFirst, leftAlone } from './skipped.ts';
import { stepTitle } from './step-title.ts';
import { describeEnvironment, fidelityNote } from './text.ts';
import { trainingLines } from './training-line.ts';
import {
  formatBytes,
  formatCosine,
  formatDb,
  formatMetric,
  formatMs,
  formatNats,
  formatShare,
} from './units.ts';

/** First line of every Markdown report of llmc: invisible on GitHub, findable by scripts that update a comment. */
export const MARKDOWN_MARK = '<!-- llmc report -->';

/** GitHub refuses longer comments. */
export const MARKDOWN_LIMIT = 65_536;

/** Characters each part may take; the list of skipped tensors takes what is left. */
const ROOM = {
  headline: 10_000,
  warnings: 5000,
  requirements: 7000,
  operators: 2500,
  layers: 7000,
  history: 4000,
  load: 3000,
  search: 6000,
  sweep: 3000,
  steps: 9000,
  numbers: 8500,
} as const;
const MODELS_SHOWN = 40;

/** At most MARKDOWN_LIMIT characters; every list that had to be cut says how many lines are missing. */
export function renderMarkdown(report: Report): string {
  const head = [
    MARKDOWN_MARK,
    `### llmc ${escapeMarkdown(report.command)}`.trimEnd(),
    '',
    ...headline(report),
    ...list(
      report.warnings.map((warning) => `**Warning:** ${escapeMarkdown(warning, PROSE)}`),
      ROOM.warnings,
    ),
    ...requirementLines(report),
    ...searchSection(report),
    ...chartLines(report),
    ...historyLines(report),
    ...layerLines(report),
    ...operatorSection(report),
    ...sweepSection(report, ROOM.sweep),
    ...loadSection(report, ROOM.load),
    ...stepLines(report.steps),
    '',
  ];
  const tail = ['', ...numbersLines(report), ''];
  const skipped = report.steps.flatMap((step) => step.skipped);
  const room = MARKDOWN_LIMIT - lengthOf([...head, ...tail]);
  return [...head, ...skippedLines(skipped, room), ...tail].join('\n');
}

function headline(report: Report): string[] {
  const groups = groupModels(report);
  const pairs = groups.flatMap(({ baseline, candidates }) => [
    { baseline, candidate: null, model: baseline },
    ...candidates.map((candidate) => ({ baseline, candidate, model: candidate.model })),
  ]);
  const metrics = [...new Set(report.models.flatMap((model) => Object.keys(model.metrics)))].slice(0, 4);
  const rows = pairs
    .slice(0, MODELS_SHOWN)
    .map(({ baseline, candidate, model }) => [
      codeSpan(model.name),
      sizeCell(model, candidate === null ? null : baseline),
      model.latencyMs ? formatMs(model.latencyMs.p50) : '',
      candidate === null ? '' : (speedChange(baseline, candidate)?.text ?? ''),
      fidelityCell(model),
      ...metrics.map((name) => (model.metrics[name] === undefined ? '' : formatMetric(model.metrics[name]))),
    ]);
  if (rows.length === 0) return [];
  const header = [
    'model',
    'size',
    'p50',
    'speed',
    'fidelity',
    ...metrics.map((name) => escapeMarkdown(name)),
  ];
  const used = header.map((_, column) => column === 0 || rows.some((row) => row[column] !== ''));
  const keep = (cells: readonly string[]) => cells.filter((_, column) => used[column]);
  const hidden = pairs.length - rows.length;
  return [
    ...leading(markdownTable(keep(header), rows.map(keep)), ROOM.headline - FRAME),
    '',
    ...(hidden > 0 ? [`and ${hidden} more models`, ''] : []),
  ];
}

function sizeCell(model: ModelRecord, baseline: ModelRecord | null): string {
  const size = formatBytes(model.sizeBytes);
  const change = baseline && sizeChange(baseline, model);
  return change ? `${size} (${change})` : size;
}

function fidelityCell({ fidelity }: ModelRecord): string {
  if (fidelity === null) return '';
  const parts = [
    fidelity.sqnrDb === null ? 'equal outputs' : formatDb(fidelity.sqnrDb),
    ...(fidelity.cosine === null ? [] : [`cosine ${formatCosine(fidelity.cosine)}`]),
    ...(fidelity.agreement === null ? [] : [`agreement ${formatShare(fidelity.agreement)}`]),
    ...(fidelity.kl === null ? [] : [`KL ${formatNats(fidelity.kl)}`]),
  ];
  return escapeMarkdown(`${parts.join(', ')}${fidelity.synthetic ? ' (synthetic inputs)' : ''}`);
}

/** Failures are open and first, since they are why somebody reads the comment. */
function requirementLines(report: Report): string[] {
  const ordered = [...report.requirements].sort((a, b) => Number(a.passed) - Number(b.passed));
  const lines = ordered.map(({ expression, actual, passed }) => {
    return `${passed ? '✅' : '❌'} ${codeSpan(expression)}: ${escapeMarkdown(actual)}`;
  });
  return list(lines, ROOM.requirements);
}

function chartLines(report: Report): string[] {
  const charts = mermaidCharts(report.models);
  return charts.length > 0 ? collapsed('Charts', charts) : [];
}

function historyLines({ trends = [] }: Report): string[] {
  if (trends.length === 0) return [];
  const rows = trends.map((trend) => {
    const [model, quantity, chart, value, drift] = trendCells(trend);
    return [codeSpan(model), codeSpan(quantity), chart, escapeMarkdown(value), drift];
  });
  const body = leading(markdownTable(['model', 'quantity', 'runs', 'last', ''], rows), ROOM.history - FRAME);
  return collapsed('History', body);
}

/** What a search has tried, the chosen one first. */
function searchSection(report: Report): string[] {
  const cells = searchTable(report);
  if (!cells || !report.search) return [];
  const [name = '', ...header] = cells.header;
  const rows = cells.rows.map(([title = '', ...rest]) => [
    codeSpan(title),
    ...rest.map((cell) => escapeMarkdown(cell)),
  ]);
  const failures = report.search.failures.map((failure) => escapeMarkdown(failureText(failure), PROSE));
  const lines = [
    ...leading(
      markdownTable([name, ...header.map((cell) => escapeMarkdown(cell))], rows),
      ROOM.search - FRAME,
    ),
    '',
    ...list(failures, ROOM.search / 3),
  ];
  return collapsed(escapeHtml(shorten(searchTitle(report.search), 240)), lines);
}

/** Where the time goes. */
function operatorSection({ operators = [] }: Report): string[] {
  if (operators.length === 0) return [];
  const rows = operators.slice(0, OPERATORS_SHOWN).map((entry) => {
    const [title = '', ...cells] = operatorCells(entry);
    return [codeSpan(title), ...cells];
  });
  const news = slowerOperators(operators).map((text) => escapeMarkdown(text));
  const body = leading(markdownTable(OPERATOR_HEADER, rows), ROOM.operators - FRAME - news.join().length);
  return [...list(news, ROOM.operators / 4), ...collapsed('Where the time of a run goes', body)];
}

/** The layers in the order asked for, with what to do about them. */
function layerLines({ layers, suggestions }: Report): string[] {
  const advice = list(
    (suggestions ?? []).map((text) => `**Suggested:** ${escapeMarkdown(text, PROSE)}`),
    ROOM.layers / 4,
  );
  if (!layers || layers.length === 0) return advice.length > 0 ? [...advice, ''] : [];
  if (layers.every(({ sqnrDb }) => sqnrDb === null)) return [ALL_EQUAL, ''];
  const rows = layers.slice(0, LAYERS_SHOWN).map((layer) => {
    const [name = '', ...cells] = layerCells(layer, codeSpan);
    return [name, ...cells.map((cell) => escapeMarkdown(cell))];
  });
  const hidden = layers.length - rows.length;
  return [
    ...leading(markdownTable(LAYER_HEADER, rows), ROOM.layers - FRAME),
    '',
    ...(hidden > 0 ? [`and ${hidden} more layers`, ''] : []),
    ...advice,
  ];
}

function stepLines(steps: readonly StepRecord[]): string[] {
  let room: number = ROOM.steps;
  return steps.flatMap((step, index) => {
    const notes = [...trainingLines(step), ...step.notes].map((note) => escapeMarkdown(note, PROSE));
    const changed = step.changed.map(({ what, detail }) => {
      return `${codeSpan(what)}${detail === '' ? '' : `: ${escapeMarkdown(detail)}`}`;
    });
    const facts = [formatMs(step.durationMs), ...(changed.length > 0 ? [`${changed.length} changed`] : [])];
    const summary = `${escapeHtml(shorten(stepTitle(step), 60))}: ${facts.join(', ')}`;
    // Every step keeps its share, so that one long list does not hide the steps after it.
    const share = room / (steps.length - index);
    const passes = passLines(step.passes, false).map((line) => escapeMarkdown(line, PROSE));
    const lines = list([...notes, ...passes, ...changed], share - summary.length - FRAME);
    const made = lines.length <= 1 ? [`- ${summary}`] : collapsed(summary, lines);
    if (share < summary.length + FRAME) return [];
    room -= lengthOf(made);
    return made;
  });
}

function skippedLines(skipped: readonly Skipped[], room: number): string[] {
  if (skipped.length === 0) return [];
  const summary = leftAlone(skipped);
  const items = heaviestFirst(skipped).map(({ what, bytes, reason }) => {
    return `${codeSpan(what)} (${formatBytes(bytes)}): ${escapeMarkdown(reason, PROSE)}`;
  });
  return collapsed(escapeHtml(shorten(summary, 120)), list(items, room - summary.length - FRAME));
}

function numbersLines(report: Report): string[] {
  const tables = groupModels(report).flatMap((group) => {
    const models = [group.baseline, ...group.candidates.map(({ model }) => model)].slice(0, 8);
    // The headline table tells the speed of models that were only raced.
    const valued = rowsFor(group, true).filter((row) => models.some((model) => row.value(model) !== null));
    const rows = valued.map((row) => [
      escapeMarkdown(row.label),
      ...models.map((model) => escapeMarkdown(row.value(model) ?? '')),
    ]);
    return [...markdownTable(['', ...models.map(({ name }) => codeSpan(name))], rows), ''];
  });
  const notes = [...fidelityNote(report), describeEnvironment(report.environment)];
  const body = [...notes.slice(0, 8).map((note) => `- ${escapeMarkdown(note, PROSE)}`), '', ...tables];
  return collapsed('All numbers and the machine', leading(body, ROOM.numbers));
}
