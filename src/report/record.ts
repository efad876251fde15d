/** Entries of a report that several commands make: a model file of which only the size is known. */
import { basename } from 'node:path';
import type { ModelRecord } from './schema.ts';

/** A record of a file; what only a benchmark or an inspection can tell stays null. */
export function modelRecord(name: string, path: string, sizeBytes: number): ModelRecord {
  return {
    name,
    path: basename(path),
    sha256: null,
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
