/** The report's entry of a quantize step. */

import { passRecords } from '../passes/pass-records.ts';
import type { StepRecord } from '../report/schema.ts';
import type { QuantizeOptions } from './options.ts';
import type { Transformed } from './transform.ts';

/** The step of the report: options that are not at their neutral value, what changed, what did not and why. */
export function stepRecord(
  scheme: string,
  options: QuantizeOptions,
  { outcome, traces }: Transformed,
  durationMs: number,
): StepRecord {
  const stated = Object.entries({ ...options, scheme }).filter(([, value]) => !isNeutral(value));
  return {
    name: 'quantize',
    options: Object.fromEntries(stated),
    durationMs,
    changed: [...outcome.prepared, ...outcome.changed].map(({ what, detail }) => ({ what, detail })),
    skipped: [...outcome.skipped].sort((a, b) => b.bytes - a.bytes),
    notes: outcome.notes,
    passes: passRecords(traces),
  };
}

function isNeutral(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
