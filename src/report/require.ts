/** Parses and evaluates requirements such as "accuracy.drop <= 1%" or "speedup >= 1.3". */
import { LlmcError } from '../errors.ts';
import { type Candidate, type Group, groupModels } from './groups.ts';
import { isUnbounded, metricDrop } from './metric-drop.ts';
import { METRIC_NAMES, type Quantity, type QuantityKind, quantities, quantityNamed } from './quantities.ts';
import { UNITS, unitNames } from './require-units.ts';
import type { ModelRecord, Report, RequirementResult } from './schema.ts';
import { closest } from './suggest.ts';
import { formatMetric, formatRatio, formatShare } from './units.ts';

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/**
 * `ratio` is candidate / baseline. `drop` is baseline - candidate; of a task metric, how much worse it got, so that of
 * perplexity it is the rise.
 */
export type Relation = 'drop' | 'ratio';

export interface Requirement {
  readonly expression: string;
  /** A known quantity, or the key of a task metric. */
  readonly name: string;
  readonly relation: Relation | null;
  readonly operator: Operator;
  /** In the quantity's base unit: bytes, milliseconds, a plain factor or share, decibels. */
  readonly limit: number;
}

const FORM =
  /^\s*([A-Za-z_][\w.-]*?)(?:\.(drop|ratio))?\s*(<=|>=|==|!=|<|>)\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*(\S*)\s*$/i;
const PREFIX = 'metrics.';

/**
 * A requirement from its text: `name[.drop|.ratio] operator number[unit]`. Names that are no quantity of llmc are
 * taken as keys of task metrics, except near misses of known names (`metrics.KEY` means the key in any case).
 * LlmcError REQUIREMENT.
 */
export function parseRequirement(expression: string): Requirement {
  const match = FORM.exec(expression);
  const limit = Number(match?.[4]);
  if (!match || Number.isNaN(limit)) {
    throw refuse(expression, 'is no requirement', 'write NAME OPERATOR VALUE, e.g. "size <= 25MB"');
  }
  const name = knownName(match[1] ?? '', expression);
  const relation = (match[2]?.toLowerCase() ?? null) as Relation | null;
  const kind = kindOf(name, relation);
  return {
    expression: expression.trim(),
    name,
    relation,
    operator: match[3] as Operator,
    limit: limit * limitFactor(match[5] ?? '', kind, name, expression),
  };
}

function limitFactor(unit: string, kind: QuantityKind, name: string, expression: string): number {
  if (unit === '%' && kind === 'number' && isUnbounded(metricKey(name)))
    throw refuse(
      expression,
      `has a percentage, but ${metricKey(name)} is no share`,
      `"${name}.ratio <= 1.05" allows ${metricKey(name)} to rise by 5%; ${name}.drop is how far it rose`,
    );
  return unitFactor(unit, kind, expression);
}

function knownName(given: string, expression: string): string {
  if (given.startsWith(PREFIX)) return given;
  const names = [...Object.keys(quantities), ...METRIC_NAMES];
  const exact = names.find((name) => name.toLowerCase() === given.toLowerCase());
  if (exact !== undefined) return exact;
  const [, base = '', relation = ''] = /^(.+)\.([^.]+)$/.exec(given) ?? [];
  if (names.some((name) => name.toLowerCase() === base.toLowerCase()))
    throw refuse(
      expression,
      `asks for .${relation}, which is unknown`,
      `${base}.drop is how much worse it got (of metrics where lower is better: the rise), ${base}.ratio is after / before`,
    );
  const guess = closest(given, names);
  if (guess === null) return given;
  const message = `names "${given}", which is unknown; did you mean "${guess}"?`;
  throw refuse(expression, message, `${listNames(names)}; a task metric of that name is metrics.${given}`);
}

function kindOf(name: string, relation: Relation | null): QuantityKind {
  if (relation === 'ratio') return 'factor';
  return quantityNamed(name)?.kind ?? 'number';
}

function unitFactor(unit: string, kind: QuantityKind, expression: string): number {
  const units = UNITS[kind];
  const found = Object.keys(units).find((name) => name.toLowerCase() === unit.toLowerCase());
  const factor = found === undefined ? undefined : units[found];
  if (factor !== undefined) return factor;
  throw refuse(expression, `has the unit "${unit}", which does not fit`, `units here: ${unitNames(kind)}`);
}

/**
 * Judges one requirement. Of several candidates all must satisfy it and the worst is named. What was not measured
 * fails. LlmcError REQUIREMENT when the name is neither a quantity nor a metric of this report.
 */
export function evaluate(requirement: Requirement, report: Report): RequirementResult {
  const { expression, name, operator, limit } = requirement;
  const metrics = [...new Set(report.models.flatMap((model) => Object.keys(model.metrics)))];
  if (!quantityNamed(name) && !METRIC_NAMES.includes(name) && !metrics.includes(metricKey(name))) {
    const known = [...Object.keys(quantities), ...METRIC_NAMES, ...metrics];
    throw refuse(expression, `names "${name}", which is unknown`, listNames([...new Set(known)]));
  }
  const outcomes = subjects(report).map(({ group, candidate }) => {
    const value = measure(requirement, group, candidate);
    const passed = value !== null && holds(value, operator, limit);
    return { model: candidate.model.name, value, passed };
  });
  const passed = outcomes.length > 0 && outcomes.every((outcome) => outcome.passed);
  const told = outcomes.find((outcome) => outcome.value === null) ?? worst(outcomes, operator);
  const text = told === undefined || told.value === null ? 'not measured' : format(requirement, told.value);
  return { expression, passed, actual: outcomes.length > 1 && told ? `${text} (${told.model})` : text };
}

interface Outcome {
  readonly model: string;
  readonly value: number | null;
  readonly passed: boolean;
}

/** Requirements are about what was made: the candidates, or the models themselves where nothing is compared. */
function subjects(report: Report): { group: Group | null; candidate: Candidate }[] {
  const groups = groupModels(report);
  const made = groups.flatMap((group) => group.candidates.map((candidate) => ({ group, candidate })));
  if (made.length > 0) return made;
  return groups.map(({ baseline }) => ({ group: null, candidate: { model: baseline, comparison: null } }));
}

function measure({ name, relation }: Requirement, group: Group | null, candidate: Candidate): number | null {
  const quantity: Quantity = quantityNamed(name) ?? {
    kind: 'number',
    read: ({ metrics }) => own(metrics, metricKey(name)),
    format: formatMetric,
  };
  const after = quantity.read(candidate.model, candidate, group?.baseline ?? null);
  if (relation === null) return after;
  const before = group === null ? null : readBaseline(quantity, group.baseline);
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

/** The key of a task metric without its prefix. */
export function metricKey(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

const HOLDS: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
};

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

function format({ name, relation }: Requirement, value: number): string {
  if (relation === 'ratio') return formatRatio(value);
  const quantity = quantityNamed(name);
  if (relation === null) return quantity ? quantity.format(value) : formatMetric(value);
  const size = quantity ? quantity.format(Math.abs(value)) : `${formatMetric(Math.abs(value))}`;
  const share =
    quantity || isUnbounded(metricKey(name))
      ? ''
      : ` (${value < 0 ? '-' : ''}${formatShare(Math.abs(value))})`;
  return `${value < 0 ? '-' : ''}${size}${share}`;
}

function listNames(names: readonly string[]): string {
  return `known names: ${names.join(', ')}, each also with .drop and .ratio`;
}

function refuse(expression: string, problem: string, hint: string): LlmcError {
  return new LlmcError('REQUIREMENT', `requirement "${expression.trim()}" ${problem}`, { hint });
}
