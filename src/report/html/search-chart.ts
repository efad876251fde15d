/** What a search has tried: the smaller, the faster and the less lost, the nearer to the lower left corner and the smaller the dot. */
import type { Report } from '../schema.ts';
import type { SearchRecord } from '../schema-search.ts';
import { failureText, lossTitle, searchTable, searchTitle } from '../search-table.ts';
import { figure, table } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { type Dot, scatter } from './scatter.ts';

type Row = SearchRecord['trials'][number];

/** Null for a report without a search. */
export function searchChart(report: Report): Markup | null {
  const { search } = report;
  const cells = searchTable(report);
  if (!search || !cells) return null;
  const lost = lossTitle(search.of);
  const dots = search.trials.map((trial) => dotOf(trial));
  const chosen = search.trials.find((trial) => trial.chosen);
  const drawn = figure({
    title: 'What was tried',
    caption: `${searchTitle(search)}. Across: size beside the original. Up: ${lost}. The area of a dot is its time for an answer. Best is a small dot in the lower left; green holds the budget, red does not.`,
    label: `Scatter of size and ${lost} of ${search.trials.length} candidates${chosen ? `; chosen: ${told(chosen)}` : ''}`,
    table: table(cells.header, cells.rows),
    draw: (width) =>
      scatter(
        dots,
        { formatX: (x) => `${x.toFixed(2)}x`, formatY: (y) => `${(y * 100).toFixed(1)}%` },
        width,
      ),
  });
  if (search.failures.length === 0) return drawn;
  const failures = search.failures.map((failure) => html`<li>${failureText(failure)}</li>`);
  return html`${drawn}<details><summary>${failures.length} could not be made</summary><ul>${failures}</ul></details>
`;
}

function dotOf(trial: Row): Dot {
  const { sizeRatio, drop, speedup, chosen, within, single } = trial;
  return {
    x: sizeRatio,
    y: drop,
    area: 1 / Math.max(speedup, 1e-3),
    // Names of all would hide the dots.
    name: chosen || single ? trial.name : null,
    told: told(trial),
    kind: chosen ? 'after' : within ? 'within' : 'over',
  };
}

function told({ name, sizeRatio, speedup, drop }: Row): string {
  return `${name}: ${sizeRatio.toFixed(3)}x the size, ${speedup.toFixed(2)}x the speed, ${(drop * 100).toFixed(2)}% lost`;
}
