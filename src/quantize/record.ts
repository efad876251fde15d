/** Entries of the report: the step that was run, the files before and after. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { ModelRecord, StepRecord } from '../report/schema.ts';
import type { QuantizeOptions } from './options.ts';
import type { Outcome } from './outcome.ts';

/** The step of the report: options that are not at their neutral value, what changed, what did not and why. */
export function stepRecord(
  scheme: string,
  options: QuantizeOptions,
  outcome: Outcome,
  durationMs: number,
): StepRecord {
  const stated = Object.entries({ ...options, scheme }).filter(([, value]) => !isNeutral(value));
  return {
    name: 'quantize',
    options: Object.fromEntries(stated),
    durationMs,
    changed: outcome.changed.map(({ what, detail }) => ({ what, detail })),
    skipped: [...outcome.skipped].sort((a, b) => b.bytes - a.bytes),
    notes: outcome.notes,
  };
}

function isNeutral(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** A file's record; what only a benchmark can tell stays null. The checksum reads the file and may be left out. */
export async function modelRecord(
  name: string,
  path: string,
  sizeBytes: number,
  checksum: boolean,
): Promise<ModelRecord> {
  return {
    name,
    path: basename(path),
    sha256: checksum ? await sha256(path) : null,
    sizeBytes,
    gzipBytes: null,
    parameters: null,
    sparsity: null,
    macs: null,
    latencyMs: null,
    throughput: null,
    loadMs: null,
    peakRssBytes: null,
    metrics: {},
    fidelity: null,
  };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
