/** `people.csv?columns=*&labels=income`: tables with a line of names on top, separated by commas, tabs or else. */
import { basename } from 'node:path';
import { LlmcError } from '../../errors.ts';
import { openMaybeGzipped } from '../formats/maybe-gzipped.ts';
import { RecordFile } from '../formats/record-file.ts';
import { indexRecords } from '../formats/records-index.ts';
import { RECORD_KEYS, recordTable } from '../records/record-table.ts';
import type { Field, Records } from '../records/records.ts';
import type { DataSpec } from '../spec.ts';
import type { Source } from './source.ts';

export const csv: Source = {
  kind: 'csv',
  extensions: ['.csv', '.tsv', '.csv.gz', '.tsv.gz'],
  keys: { ...RECORD_KEYS, delimiter: 'what separates cells, default a comma, in .tsv files a tab' },
  files: ['tokenizer'],
  caches: ['cache'],
  needsPath: true,
  costly: true,
  open: async (spec) => recordTable(await openCsv(spec), spec),
};

async function openCsv(spec: DataSpec): Promise<Records> {
  const { path } = spec;
  const name = basename(path);
  const { parse } = await import('csv-parse/sync');
  const delimiter = delimiterOf(spec);
  const source = await openMaybeGzipped(path);
  const index = await indexRecords(source, name, true);
  const file = new RecordFile(source, index);
  const cells = (text: string, row: number): string[] => {
    try {
      const [record] = parse(text, { delimiter, relax_column_count: true, skip_empty_lines: true });
      return record ?? [];
    } catch (cause) {
      throw broken(`${name}, line ${index.line(row)}`, 'its quotes are malformed', cause);
    }
  };
  const header = index.length > 0 ? cells(...((await file.read([0])) as [string]), 0) : [];
  const fields = header.map((field) => field.trim());
  const twice = fields.find((field, at) => fields.indexOf(field) !== at);
  if (twice !== undefined) throw broken(`${name}, line 1`, `it names the column "${twice}" twice`);
  const places = new Map(fields.map((field, at) => [field, at]));
  const records = async (indices: readonly number[]): Promise<string[][]> => {
    // Below the names.
    const rows = indices.map((at) => at + 1);
    const texts = await file.read(rows);
    const all = allCells(texts, parse, delimiter) ?? texts.map((text, at) => cells(text, rows[at] as number));
    for (const [at, found] of all.entries())
      if (found.length !== fields.length) {
        const counts = `it has ${found.length} cells, the first line names ${fields.length} columns`;
        throw broken(`${name}, line ${index.line(rows[at] as number)}`, counts);
      }
    return all;
  };
  return {
    name,
    length: Math.max(0, index.length - 1),
    fields,
    place: (at) => `line ${index.line(at + 1)}`,
    async read(indices, wanted) {
      const found = await records(indices);
      return new Map(
        wanted.map((field) => [field, found.map((row) => row[places.get(field) ?? -1])] as const),
      );
    },
    lengthsOf: async (indices) =>
      indices.map((at) => {
        const [start, end] = index.range(at + 1);
        return end - start;
      }),
    meaning,
  };
}

type Parse = typeof import('csv-parse/sync').parse;

/** Cells of all records; null when something is wrong or their number does not come out right. */
function allCells(texts: readonly string[], parse: Parse, delimiter: string): string[][] | null {
  // Without quotes there is nothing to it.
  if (!texts.some((text) => text.includes('"'))) return texts.map((text) => firstLine(text).split(delimiter));
  try {
    const whole = texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join('');
    const found = parse(whole, { delimiter, relax_column_count: true, skip_empty_lines: true });
    return found.length === texts.length ? found : null;
  } catch {
    return null;
  }
}

/** Blank lines may follow. */
function firstLine(text: string): string {
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function delimiterOf(spec: DataSpec): string {
  const given = spec.options.get('delimiter');
  if (given === undefined) return /\.tsv(\.gz)?$/i.test(spec.path) ? '\t' : ',';
  const named: Readonly<Record<string, string>> = {
    tab: '\t',
    comma: ',',
    semicolon: ';',
    pipe: '|',
    space: ' ',
  };
  const text = Object.hasOwn(named, given) ? (named[given] as string) : given;
  if (text.length === 1 && !/["\r\n]/.test(text)) return text;
  throw new LlmcError('DATA', `option delimiter=${given} in "${spec.text}" is no single character`, {
    hint: 'for example delimiter=; or delimiter=tab',
  });
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A cell as a number, a truth value, a JSON list; nothing when it is empty; else text. */
function meaning(cell: Field): Field {
  if (typeof cell !== 'string') return cell;
  const text = cell.trim();
  if (text === '') return null;
  if (NUMBER.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return Number.NaN;
  if (/^(?:true|false)$/i.test(text)) return text.length === 4;
  if (!text.startsWith('[')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function broken(where: string, what: string, cause?: unknown): LlmcError {
  return new LlmcError('DATA', `${where}: ${what}`, {
    hint: 'cells with delimiters, quotes or line ends are written "in quotes"; other separators: delimiter=;',
    cause,
  });
}
