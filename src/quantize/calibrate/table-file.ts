/** Calibration tables as files: readable JSON that says what the ranges were found on. */
import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DIGEST_BATCH, digestOfRows } from '../../data/digest.ts';
import { fitDataset } from '../../data/fit.ts';
import { openDataset, parseDataSpec } from '../../data/open.ts';
import { writeWhole } from '../../data/whole-file.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { printModel } from '../../ir/print.ts';
import { allGraphs } from '../../ir/walk.ts';
import type { Context } from '../../step.ts';
import { statedInputs } from '../data-fits.ts';
import type { CalibrationRequest } from './request.ts';
import type { CalibrationTable } from './table.ts';

const tableSchema = z.strictObject({
  version: z.literal(1),
  /** SHA-256 of the float model as it was calibrated. */
  model: z.string(),
  /** SHA-256 of the rows that were used. */
  data: z.string(),
  /** Method and how codes are laid over ranges. */
  options: z.string(),
  rows: z.int().nonnegative(),
  ranges: z.record(
    z.string(),
    z.strictObject({ min: z.number(), max: z.number(), method: z.string(), spread: z.number().optional() }),
  ),
});

/** What the ranges of a table depend on. */
export interface TableKey {
  readonly model: string;
  readonly data: string;
  readonly options: string;
}

/** Reads all weights and all rows once. */
export async function keyOf(model: Model, request: CalibrationRequest): Promise<TableKey> {
  const { method, spec, percentile, values, rowsOf } = request;
  const share = method === 'percentile' || method === 'auto' ? ` ${percentile}` : '';
  return {
    model: digestOf((hash) => hashModel(hash, model)),
    data: await digestOfData(model, request),
    options: `${method}${share}, ${spec.type}${spec.symmetric ? ' symmetric' : ''}, ${values.length} values, rows of ${rowsOf?.size ?? 0}`,
  };
}

function digestOf(work: (hash: Hash) => void): string {
  const hash = createHash('sha256');
  work(hash);
  return hash.digest('hex');
}

function hashModel(hash: Hash, model: Model): void {
  hash.update(printModel(model));
  for (const graph of allGraphs(model))
    for (const { name, tensor } of graph.initializers) {
      hash.update(name);
      if (tensor && !tensor.strings) hash.update(tensor.source.read());
    }
}

/** What the model reads of the data; other columns may be anything. */
async function digestOfData(model: Model, { data, samples }: CalibrationRequest): Promise<string> {
  const dataset = await openDataset(parseDataSpec(data));
  if (dataset === null) return digestOf((hash) => hash.update(data));
  const fitted = fitDataset(dataset, statedInputs(model)).dataset;
  return await digestOfRows(fitted.batches({ size: DIGEST_BATCH, limit: samples }));
}

/**
 * The table of a file if it fits; null, with a word why, when it is not there or was made for something else.
 * @throws LlmcError DATA for a file that is no calibration table
 */
export async function loadTable(
  path: string,
  key: TableKey,
  context: Context,
): Promise<CalibrationTable | null> {
  if (!existsSync(path)) return null;
  const parsed = tableSchema.safeParse(await readJson(path));
  if (!parsed.success) throw noTable(path, parsed.error.issues[0]?.message ?? 'unknown content');
  const { ranges, rows, ...file } = parsed.data;
  const other = (['model', 'data', 'options'] as const).find((part) => file[part] !== key[part]);
  if (other !== undefined) {
    context.warn(`${path} was made with ${OTHER[other]}: ranges are found again`);
    return null;
  }
  context.note(`ranges taken from ${path}`);
  return { rows, ranges: new Map(Object.entries(ranges)) };
}

const OTHER = { model: 'another model', data: 'other data', options: 'other options' } as const;

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw noTable(path, cause instanceof SyntaxError ? 'it is not JSON' : (cause as Error).message);
  }
}

function noTable(path: string, why: string): LlmcError {
  return new LlmcError('DATA', `${path} is no calibration table: ${why}`, {
    hint: 'give another path with --calibration-table, or remove the file to have it written',
  });
}

/** @throws LlmcError WRITE_FAILED */
export function saveTable(path: string, key: TableKey, { ranges, rows }: CalibrationTable): void {
  const file = { version: 1, ...key, rows, ranges: Object.fromEntries(ranges) };
  writeWhole(path, `${JSON.stringify(file, null, 1)}\n`);
}
