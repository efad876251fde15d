/** Named dots over two axes, drawn so that names cover nothing they need not cover. */
import { type Drawing, fitting, label, widthOfText } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { placeNames } from './place-names.ts';
import { linearScale, rangeOf, type Scale } from './scale.ts';

/** Largest radius of a dot. */
const RADIUS = 22;

export interface Dot {
  readonly x: number;
  readonly y: number;
  /** What the area of the dot stands for; the largest has the largest dot. */
  readonly area: number;
  /** Written beside it; null leaves it without a name. */
  readonly name: string | null;
  /** Shown where a pointer rests on it. */
  readonly told: string;
  /** Class of style.ts. */
  readonly kind: string;
}

export interface ScatterAxes {
  formatX(value: number): string;
  formatY(value: number): string;
}

/** Larger dots lie below smaller ones. */
export function scatter(dots: readonly Dot[], axes: ScatterAxes, width: number): Drawing {
  const wide = width > 600;
  const height = wide ? 356 : 316;
  const left = Math.max(44, ...dots.map(({ y }) => widthOfText(axes.formatY(y)) + 10));
  const [ys, xs] = [dots.map(({ y }) => y), dots.map(({ x }) => x)];
  const down = linearScale(rangeOf(ys, 0.18), [height - 56, 24], 4);
  const across = linearScale(rangeOf(xs, 0.12), [left, width - 16], wide ? 6 : 4);
  const largest = Math.max(Number.MIN_VALUE, ...dots.map(({ area }) => area));
  const placed = dots.map((dot) => ({
    ...dot,
    at: [across.at(dot.x), down.at(dot.y)] as const,
    radius: Math.max(4, RADIUS * Math.sqrt(dot.area / largest)),
  }));
  const circles = [...placed]
    .sort((a, b) => b.radius - a.radius)
    .map(
      ({ told, at, radius, kind }) =>
        html`<g><title>${told}</title><circle cx="${at[0]}" cy="${at[1]}" r="${radius}" class="dot ${kind}"/></g>
`,
    );
  const named = placed.map(({ at: [x, y], radius, name }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
    name: name === null ? null : fitting(name, width * 0.42),
  }));
  const marks = [
    grid(across, down, axes, { width, left, height }),
    circles,
    placeNames(named, [left, width]),
  ];
  return { height, marks };
}

function grid(
  across: Scale,
  down: Scale,
  { formatX, formatY }: ScatterAxes,
  { width, left, height }: { width: number; left: number; height: number },
): Markup[] {
  const rows = down.ticks.map(
    (tick) =>
      html`<line x1="${left}" x2="${width}" y1="${down.at(tick)}" y2="${down.at(tick)}" class="grid"/>${label(left - 8, down.at(tick) + 4, formatY(tick), { anchor: 'end', kind: 'axis' })}`,
  );
  const columns = across.ticks.map((tick) =>
    label(across.at(tick), height - 14, formatX(tick), { anchor: 'middle', kind: 'axis' }),
  );
  return [...rows, ...columns];
}
