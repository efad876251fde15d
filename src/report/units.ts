/** Formats and parses the units of a report, the same way everywhere: bytes, milliseconds, ratios, shares, decibels. */

const DECIMAL = ['B', 'KB', 'MB', 'GB', 'TB'];
const MINUS = '-';

/** Of a largest difference; the largest double stands for infinity, which JSON has not. */
export function formatError(value: number): string {
  return value === Number.MAX_VALUE ? 'infinite' : significant(value);
}

/** Three significant digits without an exponent: 1.23, 12.3, 123, 1234. */
export function significant(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  if (size < 1e-6) return value.toExponential(1);
  return value.toPrecision(3);
}

/** Bytes in decimal units (1 KB = 1000 B, as file managers and model hubs count). */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < DECIMAL.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value.toFixed(0) : significant(value)} ${DECIMAL[unit] ?? 'B'}`;
}

/** Milliseconds; seconds from 1000 ms on, minutes and hours after that. */
export function formatMs(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 999.5) return `${significant(ms)} ms`;
  if (ms < 59_950) return `${significant(ms / 1000)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A divergence in nats; the largest number stands for infinity, which JSON does not have. */
export function formatNats(nats: number): string {
  return nats >= Number.MAX_VALUE ? 'infinite' : `${significant(nats)} nats`;
}

/** A factor: 1.73x. */
export function formatRatio(ratio: number): string {
  return `${significant(ratio)}x`;
}

/** A share of one in percent with two decimals; never rounds up to a perfect 100 % or down to 0 %. */
export function formatShare(share: number): string {
  if (share < 1 && share > 0.99995) return '>99.99%';
  if (share > 0 && share < 0.00005) return '<0.01%';
  return `${trimZeros((share * 100).toFixed(2))}%`;
}

/** What reports hold for minus infinity decibels, which JSON has no number for (numeric/similarity.ts). */
export const NO_SIGNAL_DB = -300;

/** Decibels; null in a report means equal outputs. */
export function formatDb(db: number | null): string {
  if (db === null || db === Infinity) return 'equal';
  // Adding 0 makes 0 of what rounds to -0.
  return db <= NO_SIGNAL_DB ? 'no signal' : `${(Math.round(db * 10) / 10 + 0).toFixed(1)} dB`;
}

/** Cosine similarity with enough digits to tell 0.9999 from 1; only an exact 1 prints as 1. */
export function formatCosine(cosine: number): string {
  if (cosine >= 1) return '1';
  const digits = Math.min(7, Math.max(4, Math.ceil(-Math.log10(1 - cosine)) + 1));
  const text = cosine.toFixed(digits);
  return text.startsWith('1') ? `>${'0.'.padEnd(2 + digits, '9')}` : text;
}

/** Counts such as parameters and MACs: 66.9 M. */
export function formatCount(count: number): string {
  const units = ['', ' K', ' M', ' G', ' T'];
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${count}` : `${significant(value)}${units[unit] ?? ''}`;
}

/** A metric such as accuracy or perplexity: four significant digits. */
export function formatMetric(value: number): string {
  if (Number.isInteger(value)) return `${value}`;
  return trimZeros(Math.abs(value) >= 1000 ? value.toFixed(1) : value.toPrecision(4));
}

/** A difference with its sign: +0.0012, -0.003, 0. */
export function formatSigned(value: number): string {
  if (value === 0) return '0';
  return `${value < 0 ? MINUS : '+'}${formatMetric(Math.abs(value))}`;
}

function trimZeros(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

/** Bytes per size unit; upper or lower case is the same. */
export const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes of "25MB", "64KiB", "1.5 GB" or a bare number; null when the text is no size. */
export function parseSize(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  if (!match) return null;
  const wanted = (match[2] || 'B').toLowerCase();
  const unit = Object.keys(SIZE_UNITS).find((name) => name.toLowerCase() === wanted);
  return unit === undefined ? null : Math.round(Number(match[1]) * (SIZE_UNITS[unit] ?? 1));
}
