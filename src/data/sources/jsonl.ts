/** `reviews.jsonl?text=sentence&labels=label&tokenizer=tokenizer.json`: one JSON object per line. */
import { basename } from 'node:path';
import { LlmcError } from '../../errors.ts';
import { openMaybeGzipped } from '../formats/maybe-gzipped.ts';
import { RecordFile } from '../formats/record-file.ts';
import { indexRecords } from '../formats/records-index.ts';
import { RECORD_KEYS, recordTable } from '../records/record-table.ts';
import type { Field, Records } from '../records/records.ts';
import { sampleOf } from '../records/sample.ts';
import type { Source } from './source.ts';

export const jsonl: Source = {
  kind: 'jsonl',
  extensions: ['.jsonl', '.ndjson', '.jsonl.gz', '.ndjson.gz'],
  keys: RECORD_KEYS,
  files: ['tokenizer'],
  caches: ['cache'],
  needsPath: true,
  costly: true,
  open: async (spec) => recordTable(await openJsonl(spec.path), spec),
};

type Row = Readonly<Record<string, Field>>;

async function openJsonl(path: string): Promise<Records> {
  const name = basename(path);
  const source = await openMaybeGzipped(path);
  const index = await indexRecords(source, name, false);
  const file = new RecordFile(source, index);
  const place = (at: number): string => `line ${index.line(at)}`;
  const rows = async (indices: readonly number[]): Promise<Row[]> => {
    const texts = await file.read(indices);
    return texts.map((text, at) => parse(text, () => `${name}, ${place(indices[at] as number)}`));
  };
  const fields = new Set<string>();
  for (const row of await rows(sampleOf(index.length)))
    for (const field of Object.keys(row)) fields.add(field);
  return {
    name,
    length: index.length,
    fields: [...fields],
    place,
    async read(indices, wanted) {
      const found = await rows(indices);
      const values = (field: string): Field[] =>
        found.map((row) => (Object.hasOwn(row, field) ? row[field] : undefined));
      return new Map(wanted.map((field) => [field, values(field)]));
    },
    lengthsOf: async (indices) =>
      indices.map((at) => {
        const [start, end] = index.range(at);
        return end - start;
      }),
  };
}

function parse(text: string, where: () => string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const position = /at position \d+/.exec((cause as Error).message)?.[0];
    throw new LlmcError('DATA', `${where()}: it is no JSON${position ? ` (${position})` : ''}`, {
      hint: 'write one JSON object per line, e.g. {"x": [1, 2], "labels": 0}',
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw new LlmcError('DATA', `${where()}: it is no JSON object`, {
    hint: 'write one JSON object per line, e.g. {"x": [1, 2], "labels": 0}',
  });
}
