/** Where two models drift apart: signal to noise of every value, in the order of computation. */
import { ALL_EQUAL, LAYER_HEADER, layerCells } from '../layer-table.ts';
import type { LayerRecord, Report } from '../schema.ts';
import { formatDb, NO_SIGNAL_DB } from '../units.ts';
import { figure, label, table } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { linearScale, rangeOf } from './scale.ts';

const HEIGHT = 300;
const ROWS_SHOWN = 200;
/** Layers that are numbered: those that add most. */
const NAMED = 3;

/** Null without a comparison by layers and anything to try. */
export function layerChart({ layers = [], suggestions = [] }: Report): Markup | null {
  const items = suggestions.map((text) => html`<li>${text}</li>`);
  const advice = items.length > 0 ? html`<ul class="advice">${items}</ul>` : null;
  if (layers.length === 0) return advice && html`<section><h2>What to try next</h2>${advice}</section>\n`;
  const ordered = [...layers].sort((a, b) => a.order - b.order);
  const different = ordered.filter(({ sqnrDb }) => sqnrDb !== null);
  if (different.length === 0) return html`<section><h2>Layer by layer</h2><p>${ALL_EQUAL}.</p></section>\n`;
  const worst = [...different].sort((a, b) => b.addedNoise - a.addedNoise).slice(0, NAMED);
  const chart = figure({
    title: 'Layer by layer',
    caption:
      'Signal to noise of every value both models compute, first to last; higher is closer. Blue dots are layers that differ by themselves; the numbered ones add most of the noise.',
    label: `Signal to noise of ${different.length} layers. Most noise is added by ${worst.map(({ node, sqnrDb }) => `${node} (${formatDb(sqnrDb)})`).join(', ')}`,
    legend: html`<ol class="named">${worst.map(({ node, sqnrDb }) => html`<li>${node}, ${formatDb(sqnrDb)}</li>`)}</ol>`,
    table: table(
      LAYER_HEADER.map((name) => name),
      layers.slice(0, ROWS_SHOWN).map((layer) => layerCells(layer, (name) => name)),
    ),
    draw: (width) => draw(different, worst, width),
  });
  return html`${chart}${advice}`;
}

function draw(layers: readonly LayerRecord[], worst: readonly LayerRecord[], width: number) {
  const db = ({ sqnrDb }: LayerRecord) => Math.max(NO_SIGNAL_DB, sqnrDb ?? 0);
  const down = linearScale(rangeOf(layers.map(db), 0.1), [HEIGHT - 14, 14], 5);
  const orders = layers.map(({ order }) => order);
  const across = linearScale([Math.min(...orders), Math.max(...orders)], [56, width - 10]);
  const grid = down.ticks.map(
    (tick) =>
      html`<line x1="48" x2="${width}" y1="${down.at(tick)}" y2="${down.at(tick)}" class="grid"/>${label(42, down.at(tick) + 4, `${tick} dB`, { anchor: 'end', kind: 'axis' })}`,
  );
  const line = layers.map((layer) => html`${across.at(layer.order)},${down.at(db(layer))} `);
  const dots = layers.map((layer) => {
    const named = worst.includes(layer);
    const kind = named ? 'fill-bad' : layer.touched ? 'fill-after' : 'fill-before';
    const radius = named ? 4.5 : layer.touched ? 3.5 : 2;
    return html`<circle cx="${across.at(layer.order)}" cy="${down.at(db(layer))}" r="${radius}" class="${kind}"><title>${layer.node}: ${formatDb(layer.sqnrDb)}</title></circle>`;
  });
  const names = worst.map((layer, index) =>
    label(across.at(layer.order), down.at(db(layer)) - 9, `${index + 1}`, {
      anchor: 'middle',
      kind: 'strong halo bad',
    }),
  );
  return { height: HEIGHT, marks: [grid, html`<polyline points="${line}" class="line"/>`, dots, names] };
}
