/** What fields of records hold, judged by rows from all over the file. */
import { dimsOf } from './nested.ts';
import type { Field, Records } from './records.ts';

export type FieldKind =
  | {
      readonly kind: 'numbers';
      readonly dtype: string;
      /** Of one row; null where sizes differ from row to row. */
      readonly dims: readonly (number | null)[];
      /** The file has no element types. */
      readonly untyped: boolean;
      /** Nothing but whole numbers was seen. */
      readonly whole: boolean;
    }
  /** `mixed`: other rows hold numbers. */
  | { readonly kind: 'text'; readonly example: string; readonly place: string; readonly mixed: boolean }
  /** Neither, or both. */
  | { readonly kind: 'other'; readonly why: string; readonly place: string };

/** Rows looked at. */
const SAMPLE = 256;

/** Rows spread evenly over all, the first and the last among them. */
export function sampleOf(length: number): number[] {
  const count = Math.min(SAMPLE, length);
  return Array.from({ length: count }, (_, at) => Math.round((at * (length - 1)) / Math.max(1, count - 1)));
}

/** The kind of every field. Rows without a value are passed over: whether they matter shows when they are read. */
export async function judgeFields(records: Records): Promise<ReadonlyMap<string, FieldKind>> {
  const sample = sampleOf(records.length);
  const values = await records.read(sample, records.fields);
  return new Map(
    records.fields.map((field) => [field, judge(field, values.get(field) ?? [], sample, records)] as const),
  );
}

function judge(field: string, raw: ArrayLike<Field>, sample: readonly number[], records: Records): FieldKind {
  const { meaning = (value: Field) => value } = records;
  const place = (at: number) => records.place(sample[at] as number);
  const dims: (number | null)[] = [];
  let seen = false;
  let whole = true;
  let text: number | null = null;
  for (let at = 0; at < raw.length; at++) {
    const value = meaning(raw[at]);
    if (value === undefined || value === null) continue;
    if (typeof value === 'string') {
      text ??= at;
      continue;
    }
    const found = dimsOf(value);
    if (!found) return { kind: 'other', why: 'holds no numbers', place: place(at) };
    if (!seen) dims.push(...found);
    merge(dims, found);
    seen = true;
    whole &&= isWhole(value);
  }
  if (text !== null)
    return { kind: 'text', example: String(raw[text]).slice(0, 40), place: place(text), mixed: seen };
  if (!seen) return { kind: 'other', why: 'holds nothing', place: place(0) };
  const stated = records.dtypeOf?.(field);
  return { kind: 'numbers', dtype: stated ?? 'float64', dims, untyped: stated === undefined, whole };
}

/** Sizes that are the same so far; a shorter nesting is an empty list, or an error that reading will name. */
function merge(dims: (number | null)[], found: readonly number[]): void {
  for (let axis = 0; axis < Math.max(dims.length, found.length); axis++)
    if (dims[axis] !== found[axis]) dims[axis] = null;
}

function isWhole(value: Field): boolean {
  let inner = value;
  while (Array.isArray(inner)) {
    if (inner.length !== 1) return inner.every(isWhole);
    inner = inner[0];
  }
  // NaN is no number at all: whoever reads it says so.
  return typeof inner !== 'number' || Number.isNaN(inner) || Number.isSafeInteger(inner);
}
