/** Where the records of a text file begin: found in one pass, kept as two numbers each. */
import { LlmcError } from '../../errors.ts';
import type { RangeSource } from './npy-array.ts';

/** Bytes looked at together. */
const CHUNK = 1 << 22;

/** A record longer than this is no row of data. */
const LONGEST = 1 << 28;

const NEWLINE = 10;
const QUOTE = 34;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export interface RecordsIndex {
  readonly length: number;
  /** Byte range of a record; blank lines behind it are part of it. */
  range(index: number): readonly [start: number, end: number];
  /** The line it begins in, counted from 1. */
  line(index: number): number;
}

/**
 * One record per line; blank lines are none.
 * @param quotes whether newlines between double quotes belong to a record, as in CSV
 * @throws LlmcError DATA for a record of absurd length
 */
export async function indexRecords(
  source: RangeSource,
  name: string,
  quotes: boolean,
): Promise<RecordsIndex> {
  const scan = new Scan();
  for (let at = 0; at < source.byteLength; at += CHUNK) {
    const part = await source.read(at, Math.min(CHUNK, source.byteLength - at));
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    scan.add(bytes, at, quotes ? quoteCounter(bytes) : () => 0);
    if (at + bytes.length - scan.start > LONGEST)
      throw new LlmcError(
        'DATA',
        `${name}, line ${scan.startLine}: the row is longer than ${LONGEST >> 20} MB`,
        {
          hint: quotes ? 'look for a quote that is never closed' : 'write one row per line',
        },
      );
  }
  scan.close(source.byteLength);
  const { starts, lines } = scan;
  return {
    length: starts.length,
    range: (index) => [
      starts.at(index),
      index + 1 < starts.length ? starts.at(index + 1) : source.byteLength,
    ],
    line: (index) => lines.at(index),
  };
}

/** The state between two lines. */
class Scan {
  readonly starts = new Growing();
  readonly lines = new Growing();
  start = 0;
  startLine = 1;
  #line = 1;
  #quoted = false;
  #blank = true;

  /** @param at where the bytes lie in the file */
  add(bytes: Buffer, at: number, countQuotes: (to: number) => number): void {
    let from = at === 0 && bytes.subarray(0, 3).equals(BOM) ? 3 : 0;
    this.start = Math.max(this.start, from);
    while (from < bytes.length) {
      const found = bytes.indexOf(NEWLINE, from);
      const to = found < 0 ? bytes.length : found;
      if (countQuotes(to) % 2 === 1) this.#quoted = !this.#quoted;
      this.#blank &&= isBlank(bytes, from, to);
      from = to + 1;
      if (found < 0) return;
      this.#line++;
      if (!this.#quoted) this.close(at + from);
    }
  }

  /** Ends the record, unless it is blank. */
  close(end: number): void {
    if (!this.#blank) {
      this.starts.push(this.start);
      this.lines.push(this.startLine);
    }
    this.start = end;
    this.startLine = this.#line;
    this.#blank = true;
  }
}

/** Counts the quotes up to growing positions; each byte is looked at once. */
function quoteCounter(bytes: Buffer): (to: number) => number {
  let next = bytes.indexOf(QUOTE);
  return (to) => {
    let count = 0;
    for (; next >= 0 && next < to; next = bytes.indexOf(QUOTE, next + 1)) count++;
    return count;
  };
}

/** Spaces, tabs and carriage returns only. */
function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) > 32) return false;
  return true;
}

/** Numbers in memory that doubles when it is full. */
class Growing {
  #data = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.length++] = value;
  }

  at(index: number): number {
    return this.#data[index] as number;
  }
}
