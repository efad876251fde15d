/** How long a new process takes to its first answer, and what for: a bar of three parts for each model. */
import type { ModelRecord, Report } from '../schema.ts';
import type { ColdStart } from '../schema-bench.ts';
import { formatMs } from '../units.ts';
import { figure, fitting, label, table } from './figure.ts';
import { html, type Markup } from './markup.ts';

const MODELS_SHOWN = 12;
const ROW = 46;

const PARTS = [
  { name: 'Node and onnxruntime', kind: 'wide', read: (start: ColdStart) => start.processMs },
  { name: 'loading the model', kind: 'half', read: (start: ColdStart) => start.loadMs },
  { name: 'first run', kind: 'nibble', read: (start: ColdStart) => start.firstRunMs },
] as const;

type Started = ModelRecord & { readonly coldStart: ColdStart };

/** Null where no cold start was timed. */
export function startChart({ models }: Report): Markup | null {
  const started = models.filter((model): model is Started => model.coldStart !== undefined);
  const shown = started.slice(0, MODELS_SHOWN);
  if (shown.length === 0) return null;
  const most = Math.max(...shown.map(lengthOf)) || 1;
  return figure({
    title: 'Cold start',
    caption:
      'From the start of a process to its first answer, files in the cache of the operating system: medians.',
    label: `Cold starts. ${shown.map(({ name, coldStart }) => `${name}: ${formatMs(coldStart.totalMs)}`).join('; ')}`,
    legend: html`<p class="legend">${PARTS.map(({ name, kind }) => html`<span><i class="swatch ${kind}"></i>${name}</span>`)}</p>`,
    table: table(
      ['model', 'all', ...PARTS.map(({ name }) => name), 'starts'],
      started.map(({ name, coldStart }) => [
        name,
        formatMs(coldStart.totalMs),
        ...PARTS.map(({ read }) => formatMs(read(coldStart))),
        `${coldStart.samples}`,
      ]),
    ),
    draw: (width) => ({
      height: shown.length * ROW,
      marks: shown.map((model, index) => row(model, index * ROW, { width, most })),
    }),
  });
}

/** Medians of parts need not add up to that of the whole. */
function lengthOf({ coldStart }: Started): number {
  return PARTS.reduce((sum, { read }) => sum + read(coldStart), 0);
}

function row(model: Started, top: number, { width, most }: { width: number; most: number }): Markup {
  const { name, coldStart } = model;
  let x = 0;
  const bars = PARTS.map(({ kind, read, name: part }) => {
    const long = (read(coldStart) / most) * width;
    x += long;
    return html`<rect x="${x - long}" y="${top + 21}" width="${Math.max(0.5, long - 1)}" height="14" class="fill-${kind}"><title>${part}: ${formatMs(read(coldStart))}</title></rect>`;
  });
  return html`<g>${label(0, top + 14, fitting(name, width - 110), { kind: 'strong' })}
${label(width, top + 14, formatMs(coldStart.totalMs), { anchor: 'end', kind: 'number' })}
${bars}</g>
`;
}
