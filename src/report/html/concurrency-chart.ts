/** How throughput and latency change with the number of requests at once, and what a rate of requests takes. */
import {
  LEVEL_HEADER,
  levelRows,
  levelTitle,
  PLAN_ASSUMES,
  PLAN_HEADER,
  planNotes,
  planRows,
  planTitle,
} from '../concurrency-table.ts';
import type { ModelRecord, Report } from '../schema.ts';
import type { ConcurrencyLevel } from '../schema-bench.ts';
import { formatMs, significant } from '../units.ts';
import { figure, table } from './figure.ts';
import { drawPanels, type Panel, type Point } from './line-panels.ts';
import { html, type Markup } from './markup.ts';

const MODELS_SHOWN = 6;
const LEVELS_SHOWN = 12;

/** Null where it was not measured. */
export function concurrencyChart(report: Report): Markup | null {
  const models = report.models
    .filter(({ concurrency = [] }) => concurrency.length > 0)
    .slice(0, MODELS_SHOWN);
  const levels = [
    ...new Set(models.flatMap(({ concurrency = [] }) => concurrency.map(({ workers }) => workers))),
  ]
    .sort((a, b) => a - b)
    .slice(0, LEVELS_SHOWN);
  if (levels.length === 0) return null;
  const baselines = new Set(report.comparisons.map(({ baseline }) => baseline));
  const panel = (
    title: string,
    format: Panel['format'],
    read: (level: ConcurrencyLevel) => Point,
  ): Panel => ({
    title,
    steps: levels.map(String),
    format,
    lines: models.map(({ name, concurrency }) => ({
      name,
      kind: baselines.has(name) ? 'before' : 'after',
      points: levels.map((workers) => {
        const level = concurrency?.find((other) => other.workers === workers);
        return level ? read(level) : null;
      }),
    })),
  });
  const panels = [
    panel('requests per second', significant, ({ throughput, throughputLow, throughputHigh }) => ({
      value: throughput,
      low: throughputLow,
      high: throughputHigh,
    })),
    panel('99th percentile', formatMs, ({ p99Ms }) => ({ value: p99Ms })),
  ];
  return figure({
    title: 'Requests at once',
    caption: `By the number of processes: ${levelTitle(report)}. Bars are 98 % intervals.`,
    label: `Throughput and latency by number of processes. ${models.map(bestOf).join('; ')}`,
    table: table(LEVEL_HEADER, levelRows(report)),
    draw: (width) => drawPanels(panels, width),
  });
}

function bestOf({ name, concurrency = [] }: ModelRecord): string {
  return `${name}: ${significant(Math.max(...concurrency.map(({ throughput }) => throughput)))} requests per second at most`;
}

/** Null where no rate was asked for. */
export function capacityTable(report: Report): Markup | null {
  const rows = planRows(report);
  if (rows.length === 0) return null;
  return html`<section><h2>Capacity</h2>
<p class="caption">What it takes ${planTitle(report)}. ${PLAN_ASSUMES}</p>
${table(PLAN_HEADER, rows)}${planNotes(report).map((line) => html`<p class="note">${line}</p>\n`)}</section>
`;
}
