/** Parts of a data spec: rows to choose by and rows to judge by, without one in both. */
import { rangeOf } from './arrange.ts';
import { openDataset, parseDataSpec } from './open.ts';

export interface Part {
  /** A data spec of these rows. */
  readonly spec: string;
  readonly rows: number;
}

/** What says which rows are meant. */
const RANGES = ['skip', 'split', 'limit'];

/**
 * A stretch of the rows of a spec; of rows in stored order that nothing narrows down, after mixing them, since files are
 * often sorted by class. Null for generated data.
 * @param low share of the rows before the part
 * @param high share of the rows up to its end
 */
export async function partOf(text: string, low: number, high: number): Promise<Part | null> {
  const spec = parseDataSpec(text);
  const whole = [...spec.options].filter(([key]) => !RANGES.includes(key));
  const all = await openDataset({ ...spec, options: new Map(whole) });
  if (!all) return null;
  const { start, length } = rangeOf(all, spec);
  const [from, to] = [start + Math.round(low * length), start + Math.round(high * length)];
  const narrowed = RANGES.some((key) => spec.options.has(key));
  const options = [
    ...whole,
    ...(narrowed || spec.options.has('shuffle') ? [] : [['shuffle', '0']]),
    ...(from > 0 ? [['skip', String(from)]] : []),
    ['limit', String(to - from)],
  ];
  const query = options.map(([key, value]) => `${key}=${encode(value ?? '')}`).join('&');
  return { spec: `${spec.kind}:${spec.path}?${query}`, rows: to - from };
}

function encode(value: string): string {
  return value.replace(/[%&?#]/g, (sign) => encodeURIComponent(sign));
}
