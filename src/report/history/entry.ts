/** The history of a project: one line of JSON for each run, with the numbers that are worth following. */
import { z } from 'zod';
import { LlmcError } from '../../errors.ts';
import { groupModels } from '../groups.ts';
import { printableData } from '../printable.ts';
import { quantityNamed } from '../quantities.ts';
import type { Report } from '../schema.ts';
import { environmentSchema } from '../schema.ts';

export const entrySchema = z.object({
  version: z.literal(1),
  time: z.string().describe('when the run was added, ISO 8601'),
  commit: z.string().nullable().default(null),
  command: z.string().default(''),
  environment: environmentSchema,
  models: z.array(
    z.object({
      name: z.string(),
      values: z.record(z.string(), z.number()).describe('by quantity, in the units of a report'),
      metrics: z.record(z.string(), z.number()).default({}),
    }),
  ),
  failed: z.array(z.string()).default([]).describe('requirements that were not met'),
});

export type Entry = z.output<typeof entrySchema>;

/** Quantities of a report that are kept. */
export const FOLLOWED = ['size', 'p50', 'speedup', 'peakRss', 'sqnr', 'agreement'] as const;

/** What a history keeps of a report. */
export function historyEntry(report: Report, run: { time: string; commit: string | null }): Entry {
  const models = groupModels(report).flatMap(({ baseline, candidates }) =>
    [{ model: baseline, comparison: null }, ...candidates].map((candidate) => {
      const values = FOLLOWED.flatMap((name) => {
        const value = quantityNamed(name)?.read(candidate.model, candidate, null) ?? null;
        return value !== null && Number.isFinite(value) ? [[name, value] as const] : [];
      });
      const { name, metrics } = candidate.model;
      return { name, values: Object.fromEntries(values), metrics };
    }),
  );
  const failed = report.requirements.filter(({ passed }) => !passed).map(({ expression }) => expression);
  return { version: 1, ...run, command: report.command, environment: report.environment, models, failed };
}

/**
 * The runs in a history, oldest first. Lines that were cut off (a full disk, a killed job) are left out.
 * @throws LlmcError DATA naming file and line for what is something else
 */
export function parseHistory(text: string, name: string): Entry[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const entries = lines.flatMap((line, index) => {
    const value = parseLine(line);
    if (value === undefined) return [];
    const parsed = entrySchema.safeParse(value);
    if (parsed.success) return [printableData(parsed.data)];
    throw noHistory(`${name}, line ${index + 1} is no run: ${z.prettifyError(parsed.error)}`);
  });
  if (entries.length === 0 && text.trim() !== '') throw noHistory(`${name} is no history of llmc`);
  return entries;
}

function noHistory(message: string): LlmcError {
  return new LlmcError('DATA', message, {
    hint: 'give a file that `llmc report --history FILE.jsonl` has written, or delete that line',
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
