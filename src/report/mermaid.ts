/** Bar charts that GitHub and GitLab draw from text: mermaid's xychart. */
import { shorten } from './layout.ts';
import type { ModelRecord } from './schema.ts';

const MODELS_SHOWN = 12;
const LONGEST_NAME = 28;
/** Would be printed with an exponent. */
const ABSURD = 1e15;

/** Sizes and, where they were timed, medians of the models; nothing for fewer than two. */
export function mermaidCharts(models: readonly ModelRecord[]): string[] {
  const shown = models.slice(0, MODELS_SHOWN);
  const timed = shown.filter(({ latencyMs }) => latencyMs !== null);
  const [size, unit] = sizeUnit(Math.max(0, ...shown.map(({ sizeBytes }) => sizeBytes)));
  return [
    ...chart(`Size in ${unit}`, shown, ({ sizeBytes }) => sizeBytes / size),
    ...chart('Median run in milliseconds', timed, ({ latencyMs }) => latencyMs?.p50 ?? 0),
  ];
}

function chart(
  title: string,
  models: readonly ModelRecord[],
  read: (model: ModelRecord) => number,
): string[] {
  const values = models.map(read);
  const most = Math.max(...values);
  if (models.length < 2 || !(most > 0 && most < ABSURD)) return [];
  const names = models.map(({ name }, index) => `"${plainName(name) || `model ${index + 1}`}"`);
  return [
    '```mermaid',
    'xychart-beta horizontal',
    `  title "${title}"`,
    `  x-axis [${names.join(', ')}]`,
    `  y-axis 0 --> ${decimal(most * 1.1)}`,
    `  bar [${values.map(decimal).join(', ')}]`,
    '```',
    '',
  ];
}

/** Mermaid's strings know no escapes, so what could end one or open markup is left out. */
function plainName(name: string): string {
  return shorten(
    name
      .replace(/[^\w .,:+/()-]/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
    LONGEST_NAME,
  ).replace(/…/g, '..');
}

/** Mermaid reads no exponents. */
function decimal(value: number): string {
  return value >= 1000 || value === 0
    ? value.toFixed(0)
    : value.toFixed(Math.min(12, 4 - Math.floor(Math.log10(value))));
}

function sizeUnit(bytes: number): [number, string] {
  if (bytes >= 1e9) return [1e9, 'GB'];
  if (bytes >= 1e6) return [1e6, 'MB'];
  return [1e3, 'KB'];
}
