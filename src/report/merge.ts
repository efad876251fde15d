/** Joins several reports into one. */
import { mergedBench, renamedBench } from './merge-bench.ts';
import type { Report } from './schema.ts';

export interface NamedReport {
  /** Tells the reports apart, e.g. the file name. */
  readonly name: string;
  readonly report: Report;
}

/** All models, comparisons and steps of the reports in order; equal model names are told apart by `[report name]`. */
export function mergeReports(parts: readonly NamedReport[]): Report {
  const [first] = parts;
  if (first === undefined) throw new RangeError('mergeReports needs at least one report');
  if (parts.length === 1) return first.report;
  const clear = withDistinctNames(parts);
  const base = first.report;
  return {
    ...base,
    command: clear
      .map(({ report }) => report.command)
      .filter(unique)
      .join(' + '),
    data: parts.every(({ report }) => JSON.stringify(report.data) === JSON.stringify(base.data))
      ? base.data
      : null,
    models: clear.flatMap(({ report }) => report.models),
    comparisons: clear.flatMap(({ report }) => report.comparisons),
    ...mergedBench(clear.map(({ report }) => report)),
    steps: clear.flatMap(({ report }) => report.steps),
    requirements: clear.flatMap(({ report }) => report.requirements),
    warnings: [...clear.flatMap(({ report }) => report.warnings), ...machineWarnings(parts)].filter(unique),
  };
}

/** A name that two reports share gets the report's name behind it, wherever the report mentions it. */
function withDistinctNames(parts: readonly NamedReport[]): NamedReport[] {
  const counts = new Map<string, number>();
  for (const { report } of parts) {
    for (const { name } of report.models) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return parts.map(({ name: source, report }) => {
    const rename = (name: string) => ((counts.get(name) ?? 0) > 1 ? `${name} [${source}]` : name);
    const models = report.models.map((model) => ({
      ...model,
      name: rename(model.name),
      fidelity: model.fidelity && { ...model.fidelity, against: rename(model.fidelity.against) },
    }));
    const comparisons = report.comparisons.map((pair) => ({
      ...pair,
      baseline: rename(pair.baseline),
      candidate: rename(pair.candidate),
    }));
    return { name: source, report: { ...report, ...renamedBench(report, rename), models, comparisons } };
  });
}

/** Absolute times of different machines must not be read side by side. */
export function machineWarnings(parts: readonly NamedReport[]): string[] {
  if (sameMachine(parts)) return [];
  return ['the reports come from different machines or settings: compare ratios, not times'];
}

export function sameMachine(parts: readonly NamedReport[]): boolean {
  const machines = parts.map(({ report: { environment } }) => {
    const { cpu, platform, onnxruntime, provider, threads } = environment;
    return [cpu, platform, onnxruntime, provider, threads].join(', ');
  });
  return new Set(machines).size === 1;
}

export function unique<T>(item: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(item) === index;
}
