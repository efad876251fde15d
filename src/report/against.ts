/** Sets a report against an older one: what became of every model since then. */
import { groupModels } from './groups.ts';
import { machineWarnings, type NamedReport, sameMachine, unique } from './merge.ts';
import { metricDrops } from './metric-drop.ts';
import type { Comparison, Latency, ModelRecord, Report, StepRecord } from './schema.ts';

/**
 * Every model of `now` against its earlier self in `before`: the model of the same name, else the only other one in
 * the same role. The older models are called `name (before)`. Requirements that were met then and are not now become
 * warnings.
 */
export function compareReports(now: NamedReport, before: NamedReport): Report {
  const pairs = matched(now.report, before.report);
  const models: ModelRecord[] = [];
  const comparisons: Comparison[] = [];
  for (const model of now.report.models) {
    const earlier = pairs.get(model);
    if (earlier) {
      const renamed = { ...earlier, name: `${earlier.name} (before)` };
      models.push(renamed);
      comparisons.push({
        baseline: renamed.name,
        candidate: model.name,
        sizeRatio: earlier.sizeBytes === 0 ? 1 : model.sizeBytes / earlier.sizeBytes,
        speedup: speedSince([now, model], [before, earlier]),
        metricDrop: metricDrops(earlier.metrics, model.metrics),
      });
    }
    models.push(model);
  }
  const found = new Set(pairs.values());
  const gone = before.report.models.filter((model) => !found.has(model));
  const added = now.report.models.filter((model) => !pairs.has(model));
  const { broken, mended } = requirementChanges(now.report, before.report);
  const warnings = [
    ...now.report.warnings,
    ...gone.map(({ name }) => `${name} is only in ${before.name}`),
    ...added.map(({ name }) => `${name} is only in ${now.name}`),
    ...machineWarnings([before, now]),
    ...broken.map((expression) => `requirement ${expression} was met in ${before.name} and is not any more`),
  ];
  const notes = mended.map(
    (expression) => `requirement ${expression} is met, which it was not in ${before.name}`,
  );
  const steps = notes.length > 0 ? [...now.report.steps, noted(before.name, notes)] : now.report.steps;
  return {
    ...now.report,
    against: before.name,
    models,
    comparisons,
    steps,
    warnings: warnings.filter(unique),
  };
}

/** The earlier self of each model that has one. */
function matched(now: Report, before: Report): Map<ModelRecord, ModelRecord> {
  const old = new Map(before.models.map((model) => [model.name, model]));
  const pairs = new Map<ModelRecord, ModelRecord>();
  for (const model of now.models) {
    const earlier = old.get(model.name);
    if (earlier && old.delete(model.name)) pairs.set(model, earlier);
  }
  const [roles, oldRoles] = [rolesOf(now), rolesOf(before)];
  for (const role of ['baseline', 'candidate']) {
    const [model, ...more] = now.models.filter((item) => !pairs.has(item) && roles.get(item) === role);
    const [earlier, ...others] = [...old.values()].filter((item) => oldRoles.get(item) === role);
    // With several on either side it would be a guess which is which.
    if (model && earlier && more.length + others.length === 0) pairs.set(model, earlier);
  }
  return pairs;
}

/** Of models that were measured against each other; others have no role. */
function rolesOf(report: Report): Map<ModelRecord, string> {
  if (report.comparisons.length === 0) return new Map();
  return new Map(
    groupModels(report).flatMap(({ baseline, candidates }) => [
      [baseline, 'baseline'] as const,
      ...candidates.map(({ model }) => [model, 'candidate'] as const),
    ]),
  );
}

type Ran = readonly [report: NamedReport, model: ModelRecord];

/**
 * Time then / time now with an interval. Where both runs timed the model beside the same baseline the two speed-ups
 * are compared, which cancels the machine. Else, on one machine, medians are, and the interval is as wide as single
 * runs scatter: a median of another day differs by more than its own error, and by how much nobody has measured.
 */
function speedSince(now: Ran, before: Ran): Comparison['speedup'] {
  const [after, earlier] = [besideBaseline(now), besideBaseline(before)];
  if (after && earlier && after.baseline === earlier.baseline) {
    const width = Math.hypot(logWidth(after.speedup), logWidth(earlier.speedup));
    return judged(after.speedup.estimate / earlier.speedup.estimate, width);
  }
  const [timed, timedEarlier] = [now[1].latencyMs, before[1].latencyMs];
  if (!timed || !timedEarlier || !(timed.p50 > 0) || !sameMachine([now[0], before[0]])) return null;
  return judged(timedEarlier.p50 / timed.p50, Math.max(scatter(timed), scatter(timedEarlier)));
}

type Speedup = NonNullable<Comparison['speedup']>;

/** The speed-up against a baseline that can be recognized. */
function besideBaseline([{ report }, model]: Ran): { baseline: string; speedup: Speedup } | null {
  const comparison = report.comparisons.find(({ candidate }) => candidate === model.name);
  const baseline = report.models.find(({ name }) => name === comparison?.baseline)?.sha256;
  return comparison?.speedup && baseline ? { baseline, speedup: comparison.speedup } : null;
}

function logWidth({ low, high }: Speedup): number {
  return low > 0 ? Math.log(high / low) / 2 : Infinity;
}

function scatter({ p50, p90 }: Latency): number {
  return p50 > 0 ? Math.log(p90 / p50) : Infinity;
}

/** @param width half the width of the interval, as a logarithm */
function judged(estimate: number, width: number): Comparison['speedup'] {
  if (!(estimate > 0) || !Number.isFinite(estimate) || !Number.isFinite(width)) return null;
  const [low, high] = [estimate * Math.exp(-width), estimate * Math.exp(width)];
  return { estimate, low, high, verdict: low > 1 ? 'faster' : high < 1 ? 'slower' : 'no difference' };
}

function requirementChanges(now: Report, before: Report): { broken: string[]; mended: string[] } {
  const earlier = new Map(before.requirements.map(({ expression, passed }) => [expression, passed]));
  const changed = now.requirements.filter(({ expression, passed }) => earlier.get(expression) === !passed);
  return {
    broken: changed.filter(({ passed }) => !passed).map(({ expression }) => expression),
    mended: changed.filter(({ passed }) => passed).map(({ expression }) => expression),
  };
}

function noted(name: string, notes: string[]): StepRecord {
  return {
    name: `compare with ${name}`,
    options: {},
    durationMs: 0,
    changed: [],
    skipped: [],
    notes,
    passes: [],
  };
}
