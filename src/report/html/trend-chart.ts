/** Numbers over the runs of a history: a line for each, on an axis of its own. */

import { formatPoint } from '../history/trends.ts';
import { shorten } from '../layout.ts';
import type { Report, Trend } from '../schema.ts';
import { figure, fitting, label, table } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { linearScale, rangeOf } from './scale.ts';

const TRENDS_SHOWN = 40;
const ROW = 84;
const GAP = 32;
/** Characters of a commit that tell it apart. */
const COMMIT = 9;

/** Null without a history. */
export function trendChart({ trends = [] }: Report): Markup | null {
  const shown = trends.filter(({ points }) => points.length > 0).slice(0, TRENDS_SHOWN);
  if (shown.length === 0) return null;
  return figure({
    title: 'Over time',
    caption:
      'Every run of the history, the last at the right. Red dots drifted for the worse, green ones for the better: they lie outside what the ten runs before scattered.',
    label: `Trends. ${shown.map((trend) => `${trend.model} ${trend.quantity}: ${lastOf(trend)}`).join('; ')}`,
    table: table(
      ['model', 'quantity', 'commit', 'time', 'value', ''],
      shown.flatMap(({ model, quantity, points }) =>
        points
          .slice(-50)
          .map(({ commit, time, value, drift }) => [
            model,
            quantity,
            (commit ?? '').slice(0, COMMIT),
            time.slice(0, 16).replace('T', ' '),
            formatPoint(quantity, value),
            drift ?? '',
          ]),
      ),
    ),
    draw: (width) => {
      const columns = width > 600 ? 2 : 1;
      const cell = (width - GAP * (columns - 1)) / columns;
      const marks = shown.map((trend, index) =>
        line(trend, {
          x: (index % columns) * (cell + GAP),
          y: Math.floor(index / columns) * ROW,
          width: cell,
        }),
      );
      return { height: Math.ceil(shown.length / columns) * ROW, marks };
    },
  });
}

function line(trend: Trend, place: { x: number; y: number; width: number }): Markup {
  const { model, quantity, points } = trend;
  const { x, y, width } = place;
  const across = linearScale([0, Math.max(1, points.length - 1)], [x + 4, x + width - 6]);
  const values = points.map(({ value }) => value);
  const [low, high] = rangeOf(values);
  // A trend is about changes, so the axis does not begin at zero.
  const down = linearScale([Math.max(low, Math.min(...values) - (high - low) * 0.1), high], [y + 72, y + 30]);
  const path = points.map(({ value }, index) => html`${across.at(index)},${down.at(value)} `);
  const dots = points.map(({ value, drift, commit, time }, index) => {
    const last = index === points.length - 1;
    if (!drift && !last) return null;
    const kind = drift === 'worse' ? 'fill-bad' : drift === 'better' ? 'fill-good' : 'fill-after';
    const told = [shorten(commit ?? time, 40), formatPoint(quantity, value)].join(': ');
    return html`<circle cx="${across.at(index)}" cy="${down.at(value)}" r="3.5" class="${kind}"><title>${told}</title></circle>`;
  });
  const value = lastOf(trend);
  return html`<g>${label(x, y + 16, fitting(`${quantity} ${model}`, width - 90), { kind: 'strong' })}
${label(x + width, y + 16, value, { anchor: 'end', kind: 'number' })}
<line x1="${x}" x2="${x + width}" y1="${y + 76}" y2="${y + 76}" class="rule"/>
<polyline points="${path}" class="line trend"/>${dots}</g>
`;
}

function lastOf({ quantity, points }: Trend): string {
  const last = points.at(-1);
  return last ? formatPoint(quantity, last.value) : '';
}
