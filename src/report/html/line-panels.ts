/** Lines over a few steps, such as numbers of processes: small charts side by side, names at the ends of lines. */
import { fitting, label } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { linearScale, type Scale } from './scale.ts';

export interface Line {
  readonly name: string;
  readonly kind: 'before' | 'after';
  /** One for each step; null where nothing was measured. */
  readonly points: readonly (Point | null)[];
}

export interface Point {
  readonly value: number;
  /** Ends of its interval. */
  readonly low?: number;
  readonly high?: number;
}

export interface Panel {
  readonly title: string;
  /** Below the axis. */
  readonly steps: readonly string[];
  readonly lines: readonly Line[];
  format(value: number): string;
}

const GAP = 40;
const HEIGHT = 250;
const TOP = 34;
const BOTTOM = 206;
const LEFT = 62;
const RIGHT = 112;
const LETTERS = 15;

export function drawPanels(
  panels: readonly Panel[],
  width: number,
): { readonly height: number; readonly marks: Markup[] } {
  const columns = width > 600 && panels.length > 1 ? 2 : 1;
  const cell = (width - GAP * (columns - 1)) / columns;
  const marks = panels.map((panel, index) =>
    draw(panel, (index % columns) * (cell + GAP), Math.floor(index / columns) * HEIGHT, cell),
  );
  return { height: Math.ceil(panels.length / columns) * HEIGHT, marks };
}

function draw(panel: Panel, x: number, y: number, width: number): Markup {
  const values = panel.lines.flatMap(({ points }) =>
    points.flatMap((point) => (point ? [point.value, point.high ?? 0].filter(Number.isFinite) : [])),
  );
  const down = linearScale([0, Math.max(...values, 0) * 1.08 || 1], [y + BOTTOM, y + TOP], 4);
  const across = linearScale(
    [0, Math.max(1, panel.steps.length - 1)],
    [x + LEFT + 8, x + width - RIGHT],
    panel.steps.length,
  );
  const grid = down.ticks.map(
    (tick) =>
      html`<line x1="${x + LEFT}" x2="${x + width - RIGHT + 6}" y1="${down.at(tick)}" y2="${down.at(tick)}" class="grid"/>${label(x + LEFT - 8, down.at(tick) + 4, panel.format(tick), { anchor: 'end', kind: 'axis' })}`,
  );
  const steps = panel.steps.map((step, index) =>
    label(across.at(index), y + BOTTOM + 20, step, { anchor: 'middle', kind: 'axis' }),
  );
  const lines = panel.lines.map((line) => drawLine(line, across, down, panel));
  return html`<g>${label(x, y + 16, fitting(panel.title, width), { kind: 'strong' })}${grid}${steps}${lines}${names(panel, x + width - RIGHT + 10, down)}</g>
`;
}

function drawLine({ name, kind, points }: Line, across: Scale, down: Scale, panel: Panel): Markup {
  const known = points.flatMap((point, index) => (point ? [{ ...point, x: across.at(index) }] : []));
  const path = known.map(({ x, value }) => html`${x},${down.at(value)} `);
  const dots = known.map(({ x, value, low, high }) => {
    const bar =
      low === undefined || high === undefined
        ? null
        : html`<line x1="${x}" x2="${x}" y1="${down.at(Math.max(0, low))}" y2="${down.at(Math.min(high, down.high))}" class="${kind === 'before' ? 'line' : 'line trend'}"/>`;
    return html`${bar}<circle cx="${x}" cy="${down.at(value)}" r="3.5" class="fill-${kind}"><title>${name}: ${panel.format(value)}</title></circle>`;
  });
  return html`<polyline points="${path}" class="${kind === 'before' ? 'line' : 'line trend'}"/>${dots}`;
}

/** At the ends of lines, moved apart where lines end close to each other. */
function names({ lines }: Panel, x: number, down: Scale): Markup[] {
  const ends = lines.flatMap(({ name, points }) => {
    const last = points.findLast((point) => point !== null);
    return last ? [{ name, y: down.at(last.value) + 4 }] : [];
  });
  ends.sort((a, b) => b.y - a.y);
  let free = Infinity;
  return ends.map(({ name, y }) => {
    const at = Math.min(y, free);
    free = at - LETTERS;
    return label(x, at, fitting(name.replace(/\.onnx$/, ''), RIGHT - 10), { kind: 'axis' });
  });
}
