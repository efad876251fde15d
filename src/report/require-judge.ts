/** Evaluates requirements on a report: which numbers are meant, whether they hold, which one is told. */
import { type Candidate, type Group, groupModels } from './groups.ts';
import { isUnbounded, metricDrop } from './metric-drop.ts';
import { METRIC_NAMES, type Quantity, type QuantityKind, quantities, quantityNamed } from './quantities.ts';
import { modelRecord } from './record.ts';
import { listNames, metricKey, type Operator, type Relation, type Requirement, refuse } from './require.ts';
import { valuesAt } from './require-path.ts';
import type { ModelRecord, Report, RequirementResult } from './schema.ts';
import {
  formatBytes,
  formatCount,
  formatDb,
  formatMetric,
  formatMs,
  formatRatio,
  formatShare,
} from './units.ts';

/**
 * Judges one requirement. Of several candidates, and of several numbers at a path, all must satisfy it and the worst
 * is named. What was not measured fails. LlmcError REQUIREMENT when the name is neither a quantity nor a path nor a
 * metric of this report.
 */
export function evaluate(requirement: Requirement, report: Report): RequirementResult {
  const { expression, name, operator, limit, path } = requirement;
  const metrics = [...new Set(report.models.flatMap((model) => Object.keys(model.metrics)))];
  if (!path && !quantityNamed(name) && !METRIC_NAMES.includes(name) && !metrics.includes(metricKey(name))) {
    const known = [...Object.keys(quantities), ...METRIC_NAMES, ...metrics];
    throw refuse(expression, `names "${name}", which is unknown`, listNames([...new Set(known)]));
  }
  const outcomes = subjects(requirement, report).flatMap(({ group, candidate }) =>
    measure(requirement, report, group, candidate).map((value) => {
      const passed = value !== null && holds(value, operator, limit);
      return { model: candidate.model.name, value, passed };
    }),
  );
  const passed = outcomes.length > 0 && outcomes.every((outcome) => outcome.passed);
  const told = outcomes.find((outcome) => outcome.value === null) ?? worst(outcomes, operator);
  const text = told === undefined || told.value === null ? 'not measured' : format(requirement, told.value);
  const named = outcomes.length > 1 && told && path?.root !== 'report';
  return { expression, passed, actual: named ? `${text} (${told.model})` : text };
}

interface Outcome {
  readonly model: string;
  readonly value: number | null;
  readonly passed: boolean;
}

interface Subject {
  readonly group: Group | null;
  readonly candidate: Candidate;
}

/** Requirements are about what was made: the candidates, or the models themselves where nothing is compared. */
function subjects({ path }: Requirement, report: Report): Subject[] {
  const groups = groupModels(report);
  const made = groups.flatMap((group) => group.candidates.map((candidate) => ({ group, candidate })));
  const alone = groups.map(({ baseline }) => ({
    group: null,
    candidate: { model: baseline, comparison: null },
  }));
  const all = made.length > 0 ? made : alone;
  // What belongs to the report as a whole is judged once, even without a model.
  return path?.root === 'report' ? (all.length > 0 ? all.slice(0, 1) : [NOBODY]) : all;
}

const NOBODY: Subject = {
  group: null,
  candidate: { model: modelRecord('', '', 0), comparison: null },
};

function measure(
  { name, relation, path }: Requirement,
  report: Report,
  group: Group | null,
  candidate: Candidate,
): (number | null)[] {
  if (path) {
    const after = valuesAt(path, report, candidate.model, candidate.comparison);
    if (relation === null) return after;
    const before = group ? valuesAt(path, report, group.baseline, null) : [];
    return after.map((value, index) => related(relation, name, before[index] ?? null, value));
  }
  const quantity: Quantity = quantityNamed(name) ?? {
    kind: 'number',
    read: ({ metrics }) => own(metrics, metricKey(name)),
    format: formatMetric,
  };
  const after = quantity.read(candidate.model, candidate, group?.baseline ?? null);
  if (relation === null) return [after];
  return [related(relation, name, group && readBaseline(quantity, group.baseline), after)];
}

function related(
  relation: Relation,
  name: string,
  before: number | null,
  after: number | null,
): number | null {
  if (before === null || after === null) return null;
  if (relation === 'drop') return metricDrop(metricKey(name), before, after);
  return before === 0 ? null : after / before;
}

function readBaseline(quantity: Quantity, baseline: ModelRecord): number | null {
  return quantity.read(baseline, { model: baseline, comparison: null }, null);
}

function own(members: Readonly<Record<string, number>>, key: string): number | null {
  return Object.hasOwn(members, key) ? (members[key] ?? null) : null;
}

const HOLDS: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit && !isSame(value, limit),
  '<=': (value, limit) => value <= limit || isSame(value, limit),
  '>': (value, limit) => value > limit && !isSame(value, limit),
  '>=': (value, limit) => value >= limit || isSame(value, limit),
  '==': isSame,
  '!=': (value, limit) => !isSame(value, limit),
};

/** From 0.91 to 0.9 is a drop of 1 %, though the difference of the two floats is larger than the float 0.01. */
function isSame(value: number, limit: number): boolean {
  return value === limit || Math.abs(value - limit) <= 1e-9 * Math.max(Math.abs(value), Math.abs(limit));
}

function holds(value: number, operator: Operator, limit: number): boolean {
  return HOLDS[operator](value, limit);
}

/** A failing one if there is any; else the one closest to the limit. */
function worst(outcomes: readonly Outcome[], operator: Operator): Outcome | undefined {
  const failed = outcomes.filter((outcome) => !outcome.passed);
  const from = failed.length > 0 ? failed : outcomes;
  const highest = operator.startsWith('<');
  return [...from].sort((a, b) => ((b.value ?? 0) - (a.value ?? 0)) * (highest ? 1 : -1))[0];
}

function format({ name, relation, path }: Requirement, value: number): string {
  if (relation === 'ratio') return formatRatio(value);
  const quantity = path ? { format: FORMATS[path.kind] } : quantityNamed(name);
  if (relation === null) return quantity ? quantity.format(value) : formatMetric(value);
  const size = quantity ? quantity.format(Math.abs(value)) : `${formatMetric(Math.abs(value))}`;
  const share =
    quantity || isUnbounded(metricKey(name))
      ? ''
      : ` (${value < 0 ? '-' : ''}${formatShare(Math.abs(value))})`;
  return `${value < 0 ? '-' : ''}${size}${share}`;
}

const FORMATS: Readonly<Record<QuantityKind, (value: number) => string>> = {
  bytes: formatBytes,
  time: formatMs,
  factor: formatRatio,
  share: formatShare,
  decibel: formatDb,
  number: formatMetric,
  count: formatCount,
};
