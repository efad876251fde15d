/** Renders a report as one HTML file: charts drawn here, no script, nothing fetched. */
import type { Report } from '../schema.ts';
import { describeEnvironment, fidelityNote } from '../text.ts';
import { capacityTable, concurrencyChart } from './concurrency-chart.ts';
import { latencyChart } from './latency-chart.ts';
import { layerChart } from './layer-chart.ts';
import { html, Markup } from './markup.ts';
import { operatorChart } from './operator-chart.ts';
import { searchChart } from './search-chart.ts';
import { numberTables, requirementTable, stepSection } from './sections.ts';
import { sizeChart } from './size-chart.ts';
import { startChart } from './start-chart.ts';
import { STYLE } from './style.ts';
import { sweepChart } from './sweep-chart.ts';
import { tradeoffChart } from './tradeoff-chart.ts';
import { trainingChart } from './training-chart.ts';
import { trendChart } from './trend-chart.ts';
import { verdict } from './verdict.ts';

/** Found in every HTML report of llmc. */
export const HTML_MARK = '<meta name="generator" content="llmc"/>';

/** Whatever a name in the report holds: nothing on the page may run, and nothing may be fetched. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function renderHtml(report: Report): string {
  const title = `llmc ${report.command}`.trimEnd();
  return page(
    title,
    html`<header>
<p class="eyebrow"><b>llmc</b> ${report.command}</p>
${verdict(report)}${warnings(report)}</header>
${requirementTable(report)}${trendChart(report)}${searchChart(report)}${tradeoffChart(report)}${sizeChart(report)}${latencyChart(report)}${startChart(report)}${sweepChart(report)}${concurrencyChart(report)}${capacityTable(report)}${operatorChart(report)}${layerChart(report)}${trainingChart(report)}${numberTables(report)}${stepSection(report)}<footer>
${fidelityNote(report).map((line) => html`<p>${line}</p>\n`)}<p>${describeEnvironment(report.environment)}</p>
<p>llmc ${report.tool.version}</p>
</footer>
`,
  );
}

/** A whole document around `body`; well-formed as XML, too. */
export function page(title: string, body: Markup): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
${new Markup(HTML_MARK)}
<meta http-equiv="Content-Security-Policy" content="${POLICY}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
${body}</main>
</body>
</html>
`.text;
}

function warnings(report: Report): Markup | null {
  if (report.warnings.length === 0) return null;
  return html`<ul class="warnings">${report.warnings.map((text) => html`<li>${text}</li>`)}</ul>\n`;
}
