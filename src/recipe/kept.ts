/** What is kept of a finished step, and read back with care: files may have been touched. */
import { join } from 'node:path';
import { z } from 'zod';
import type { HashIndex } from '../cache/hash-index.ts';
import type { Entry } from '../cache/store.ts';
import { stepRecordSchema } from '../report/schema.ts';
import { modelDigest } from './inputs.ts';

const keptSchema = z.object({
  version: z.literal(1),
  step: z.string(),
  /** Name of the model file in the folder of the entry. */
  file: z.string().regex(/^[\w-]+\.onnx$/),
  digest: z.string(),
  steps: z.array(stepRecordSchema),
  /** Options that were left to llmc, as they would be asked for. */
  decided: z.record(z.string(), z.unknown()),
  notes: z.array(z.string()),
  warnings: z.array(z.string()),
});

/** The entry says this of itself. */
export type Kept = z.infer<typeof keptSchema>;

/** A finished step. */
export interface Done {
  readonly kept: Kept;
  /** Its model. */
  readonly path: string;
}

/** Null when the entry is not what it was when it was kept. */
export async function readKept({ about, folder }: Entry, index: HashIndex): Promise<Done | null> {
  const parsed = keptSchema.safeParse(about);
  if (!parsed.success) return null;
  const path = join(folder, parsed.data.file);
  const digest = await modelDigest(path, index).catch(() => null);
  return digest === parsed.data.digest ? { kept: parsed.data, path } : null;
}

/** What an entry of the cache is, in words. */
export function describeEntry(about: unknown): string {
  const kept = keptSchema.safeParse(about);
  if (kept.success) return kept.data.steps.map(({ name }) => name).join(', ') || kept.data.step;
  if (typeof about === 'string') return 'that a result was written';
  return about !== null && typeof about === 'object' && 'models' in about
    ? 'measurement'
    : 'of another version';
}
