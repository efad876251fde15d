/** Joins several reports into one, or sets a report against an older one. */
import { metricDrops } from './metric-drop.ts';
import type { Comparison, ModelRecord, Report } from './schema.ts';

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
    steps: clear.flatMap(({ report }) => report.steps),
    requirements: clear.flatMap(({ report }) => report.requirements),
    warnings: [...clear.flatMap(({ report }) => report.warnings), ...machineWarnings(parts)].filter(unique),
  };
}

/**
 * Every model of `now` against the model of the same name in `before`. The older models are called
 * `name (before)`; times were not measured side by side, so there is no interval of the speed-up.
 */
export function compareReports(now: NamedReport, before: NamedReport): Report {
  const old = new Map(before.report.models.map((model) => [model.name, model]));
  const models: ModelRecord[] = [];
  const comparisons: Comparison[] = [];
  for (const model of now.report.models) {
    const earlier = old.get(model.name);
    old.delete(model.name);
    if (earlier === undefined) {
      models.push(model);
      continue;
    }
    const renamed = { ...earlier, name: `${earlier.name} (before)` };
    models.push(renamed, model);
    comparisons.push(compareModels(renamed, model));
  }
  const unmatched = [...old.keys()].map((name) => `${name} is only in ${before.name}`);
  const added = models.filter((model) => !comparisons.some((pair) => named(pair, model.name)));
  const warnings = [
    ...now.report.warnings,
    ...unmatched,
    ...added.map(({ name }) => `${name} is only in ${now.name}`),
    ...machineWarnings([before, now]),
  ];
  return { ...now.report, models, comparisons, warnings: warnings.filter(unique) };
}

function compareModels(baseline: ModelRecord, candidate: ModelRecord): Comparison {
  return {
    baseline: baseline.name,
    candidate: candidate.name,
    sizeRatio: baseline.sizeBytes === 0 ? 1 : candidate.sizeBytes / baseline.sizeBytes,
    speedup: null,
    metricDrop: metricDrops(baseline.metrics, candidate.metrics),
  };
}

function named(pair: Comparison, name: string): boolean {
  return pair.candidate === name || pair.baseline === name;
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
    return { name: source, report: { ...report, models, comparisons } };
  });
}

/** Absolute times of different machines must not be read side by side. */
function machineWarnings(parts: readonly NamedReport[]): string[] {
  const machines = parts.map(({ report: { environment } }) => {
    return [environment.cpu, environment.platform, environment.onnxruntime, environment.threads].join(', ');
  });
  if (new Set(machines).size === 1) return [];
  return ['the reports come from different machines or settings: compare ratios, not times'];
}

function unique<T>(item: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(item) === index;
}
