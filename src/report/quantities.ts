/** The numbers of a report that a requirement can name. */
import type { Candidate } from './groups.ts';
import { DIRECTIONS } from './metric-drop.ts';
import type { ModelRecord } from './schema.ts';
import {
  formatBytes,
  formatCosine,
  formatCount,
  formatDb,
  formatError,
  formatMs,
  formatNats,
  formatRatio,
  formatShare,
  significant,
} from './units.ts';

export type QuantityKind = 'bytes' | 'time' | 'factor' | 'share' | 'decibel' | 'number' | 'count';

export interface Quantity {
  readonly kind: QuantityKind;
  /** Null when it was not measured. */
  read(model: ModelRecord, candidate: Candidate, baseline: ModelRecord | null): number | null;
  format(value: number): string;
}

function bytes(read: Quantity['read']): Quantity {
  return { kind: 'bytes', read, format: formatBytes };
}

function time(read: Quantity['read']): Quantity {
  return { kind: 'time', read, format: formatMs };
}

function count(read: Quantity['read']): Quantity {
  return { kind: 'count', read, format: formatCount };
}

/** By the name used in requirements; units and meaning are those of the report's schema. */
export const quantities: Readonly<Record<string, Quantity>> = {
  size: bytes((model) => model.sizeBytes),
  gzip: bytes((model) => model.gzipBytes),
  peakRss: bytes((model) => model.peakRssBytes),
  p50: time((model) => model.latencyMs?.p50 ?? null),
  p90: time((model) => model.latencyMs?.p90 ?? null),
  p95: time((model) => model.latencyMs?.p95 ?? null),
  p99: time((model) => model.latencyMs?.p99 ?? null),
  mean: time((model) => model.latencyMs?.mean ?? null),
  loadMs: time((model) => model.loadMs),
  coldStart: time((model) => model.coldStart?.totalMs ?? null),
  throughput: {
    kind: 'number',
    read: (model) => model.throughput,
    format: (rows) => `${significant(rows)} rows/s`,
  },
  speedup: { kind: 'factor', read: readSpeedup, format: formatRatio },
  sqnr: { kind: 'decibel', read: readSqnr, format: formatDb },
  cosine: { kind: 'number', read: (model) => model.fidelity?.cosine ?? null, format: formatCosine },
  agreement: { kind: 'share', read: (model) => model.fidelity?.agreement ?? null, format: formatShare },
  kl: { kind: 'number', read: (model) => model.fidelity?.kl ?? null, format: formatNats },
  maxAbsError: { kind: 'number', read: (model) => model.fidelity?.maxAbsError ?? null, format: formatError },
  parameters: count((model) => model.parameters),
  macs: count((model) => model.macs),
  sparsity: { kind: 'share', read: (model) => model.sparsity, format: formatShare },
};

export function quantityNamed(name: string): Quantity | null {
  return Object.hasOwn(quantities, name) ? (quantities[name] ?? null) : null;
}

/** Usual task metrics, known before anything is measured; a report may carry others. */
export const METRIC_NAMES: readonly string[] = Object.keys(DIRECTIONS);

/** The measured estimate, or the ratio of the medians where the two were not timed side by side. */
function readSpeedup(
  model: ModelRecord,
  { comparison }: Candidate,
  baseline: ModelRecord | null,
): number | null {
  if (comparison?.speedup) return comparison.speedup.estimate;
  const before = baseline?.latencyMs?.p50;
  const after = model.latencyMs?.p50;
  return before === undefined || !after ? null : before / after;
}

/** Equal outputs have an infinite ratio of signal to error, which the report writes as null. */
function readSqnr({ fidelity }: ModelRecord): number | null {
  if (fidelity === null) return null;
  return fidelity.sqnrDb ?? Infinity;
}
