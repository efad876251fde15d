/** How models compare over batch sizes, threads or sizes of dims: a small chart for each combination of the other axes. */
import type { Report } from '../schema.ts';
import type { SweepPoint } from '../schema-bench.ts';
import { sweepAxes, sweepTable, sweepTitle } from '../sweep-table.ts';
import { formatMs, significant } from '../units.ts';
import { figure, table } from './figure.ts';
import { drawPanels, type Panel } from './line-panels.ts';
import { html, type Markup } from './markup.ts';

const PANELS_SHOWN = 8;
const MODELS_SHOWN = 6;
const STEPS_SHOWN = 16;
/** Over batch sizes throughput is the question, over others the time of a run. */
const BATCH = 'batch';

/** Null without a sweep. */
export function sweepChart(report: Report): Markup | null {
  const sweep = report.sweep ?? [];
  const words = sweepTable(report);
  const axes = sweepAxes(sweep);
  const across = longest(sweep, axes);
  if (words === null || across === undefined) return null;
  const panels = panelsOf(sweep, axes, across);
  const measure = across === BATCH ? 'Rows per second' : 'Median run';
  return figure({
    title: `By ${axes.join(' and ')}`,
    caption: `${measure}, ${sweepTitle(report)}. Across: ${across}. Baselines are grey.`,
    label: `${measure} ${sweepTitle(report)}. ${panels.length} charts; the numbers are in the table behind`,
    table: table(
      words.header,
      words.rows.map(({ cells, change }) => [
        ...cells,
        change === null ? '' : html`<span class="${change.tone}">${change.text}</span>`,
      ]),
    ),
    draw: (width) => drawPanels(panels, width),
  });
}

/** The axis with the most values. */
function longest(sweep: readonly SweepPoint[], axes: readonly string[]): string | undefined {
  const count = (axis: string) => valuesOf(sweep, axis).length;
  return [...axes].sort((a, b) => count(b) - count(a))[0];
}

function valuesOf(sweep: readonly SweepPoint[], axis: string): number[] {
  return [...new Set(sweep.flatMap(({ at }) => at[axis] ?? []))].sort((a, b) => a - b);
}

function panelsOf(sweep: readonly SweepPoint[], axes: readonly string[], across: string): Panel[] {
  const others = axes.filter((axis) => axis !== across);
  const placeOf = ({ at }: SweepPoint) => others.map((axis) => `${axis}=${at[axis] ?? ''}`).join(' ');
  const values = valuesOf(sweep, across).slice(0, STEPS_SHOWN);
  const names = [...new Set(sweep.flatMap(({ models }) => models.map(({ name }) => name)))].slice(
    0,
    MODELS_SHOWN,
  );
  const places = [...new Set(sweep.map(placeOf))].slice(0, PANELS_SHOWN);
  const isBaseline = (name: string) =>
    sweep.some(({ models }) => models.some((model) => model.name === name && model.speedup === null));
  return places.map((place) => {
    const points = sweep.filter((point) => placeOf(point) === place);
    return {
      title: place || (across === BATCH ? 'rows per second' : 'median run'),
      steps: values.map(String),
      format: across === BATCH ? significant : formatMs,
      lines: names.map((name) => ({
        name,
        kind: isBaseline(name) ? 'before' : 'after',
        points: values.map((value) => {
          const found = points
            .filter(({ at }) => at[across] === value)
            .flatMap(({ models }) => models)
            .find((model) => model.name === name);
          const number = across === BATCH ? found?.throughput : found?.p50Ms;
          return number == null ? null : { value: number };
        }),
      })),
    };
  });
}
