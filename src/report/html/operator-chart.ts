/** Where the time goes: operators before and after, the dearest first. */
import type { OperatorTime, Report } from '../schema.ts';
import { formatMs } from '../units.ts';
import { figure, fitting, label, table } from './figure.ts';
import { html, type Markup } from './markup.ts';

const ROWS_SHOWN = 14;
const ROW = 46;

/** Null without a profile. */
export function operatorChart({ operators = [] }: Report): Markup | null {
  const shown = [...operators].sort((a, b) => dearest(b) - dearest(a)).slice(0, ROWS_SHOWN);
  if (shown.length === 0) return null;
  const most = Math.max(...shown.map(dearest)) || 1;
  return figure({
    title: 'Where the time goes',
    caption: 'Milliseconds of each run spent in an operator: before in grey, after in colour.',
    label: `Time of operators. ${shown.map((entry) => `${titleOf(entry)}: ${changeOf(entry)}`).join('; ')}`,
    table: table(
      ['operator', 'before', 'after'],
      operators.map((entry) => [titleOf(entry), timeOf(entry.beforeMs), timeOf(entry.afterMs)]),
    ),
    draw: (width) => ({
      height: shown.length * ROW,
      marks: shown.map((entry, index) => row(entry, index * ROW, { width, most })),
    }),
  });
}

function row(entry: OperatorTime, top: number, { width, most }: { width: number; most: number }): Markup {
  const bar = (ms: number | null, y: number, kind: string) =>
    ms === null
      ? null
      : html`<rect x="0" y="${y}" width="${Math.max(1, (ms / most) * width)}" height="8" class="fill-${kind}"/>`;
  const slower = entry.beforeMs !== null && entry.afterMs !== null && entry.afterMs > entry.beforeMs * 1.05;
  return html`<g><title>${titleOf(entry)}: ${changeOf(entry)}</title>
${label(0, top + 14, fitting(titleOf(entry), width - 190), { kind: 'strong' })}
${label(width, top + 14, changeOf(entry), { anchor: 'end', kind: slower ? 'number bad' : 'number' })}
${bar(entry.beforeMs, top + 21, 'before')}${bar(entry.afterMs, top + 30, 'after')}</g>
`;
}

function dearest({ beforeMs, afterMs }: OperatorTime): number {
  return Math.max(beforeMs ?? 0, afterMs ?? 0);
}

function titleOf({ op, name, model }: OperatorTime): string {
  return [op, name, model && `(${model})`].filter(Boolean).join(' ');
}

function changeOf({ beforeMs, afterMs }: OperatorTime): string {
  if (beforeMs === null) return `new, ${timeOf(afterMs)}`;
  if (afterMs === null) return `${timeOf(beforeMs)}, gone`;
  return `${timeOf(beforeMs)} → ${timeOf(afterMs)}`;
}

function timeOf(ms: number | null): string {
  return ms === null ? '' : formatMs(ms);
}
