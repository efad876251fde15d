/** Trends as lines of text: a small chart of block characters, the last value, a word where it drifted. */
import { alignColumns, shorten } from '../layout.ts';
import type { Palette } from '../palette.ts';
import type { Report, Trend } from '../schema.ts';
import { formatPoint } from './trends.ts';

const BLOCKS = '▁▂▃▄▅▆▇█';
const LONGEST = 24;
const LONGEST_NAME = 40;

/** A change over the full height is at least this share of the largest value: noise shall not look like news. */
const LEAST_SPAN = 0.02;

/** One block for each of the last `longest` values; equal values give a flat line in the middle. */
export function sparkline(values: readonly number[], longest = LONGEST): string {
  const shown = values.slice(-longest);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const span = Math.max(high - low, LEAST_SPAN * Math.max(Math.abs(low), Math.abs(high)));
  const middle = (low + high) / 2;
  const level = (value: number) => {
    const share = span > 0 ? (value - middle) / span + 0.5 : 0.5;
    // Rounding may leave the lowest value a hair below 0.
    return Math.max(0, Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length)));
  };
  return shown.map((value) => BLOCKS[level(value)] ?? '').join('');
}

/** Cells of a trend: model, quantity, chart, last value, drift. */
export function trendCells({ model, quantity, points }: Trend): [string, string, string, string, string] {
  const last = points.at(-1);
  return [
    shorten(model, LONGEST_NAME),
    shorten(quantity, LONGEST_NAME),
    sparkline(points.map(({ value }) => value)),
    last ? formatPoint(quantity, last.value) : '',
    last?.drift ? `drifted${last.drift === 'other' ? '' : `, ${last.drift}`}` : '',
  ];
}

/** Nothing for a report without trends. */
export function trendLines({ trends = [] }: Report, palette: Palette): string[] {
  if (trends.length === 0) return [];
  const runs = Math.max(...trends.map(({ points }) => points.length));
  const rows = trends.map((trend) => {
    const [model, quantity, chart, value, drift] = trendCells(trend);
    const worse = trend.points.at(-1)?.drift === 'worse';
    return [model, quantity, palette.accent(chart), value, worse ? palette.bad(drift) : drift];
  });
  return [
    `${palette.bold('History')}  ${palette.dim(`${runs} run${runs === 1 ? '' : 's'}, the last at the right`)}`,
    ...alignColumns(rows, ['left', 'left', 'left', 'right', 'left']),
  ];
}
