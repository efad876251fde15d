/** Parses requirements such as "accuracy.drop <= 1%" or "speedup >= 1.3". */
import { LlmcError } from '../errors.ts';
import { isUnbounded } from './metric-drop.ts';
import { METRIC_NAMES, type QuantityKind, quantities, quantityNamed } from './quantities.ts';
import { type Path, pathNamed } from './require-path.ts';
import { UNITS, unitNames } from './require-units.ts';
import { closest } from './suggest.ts';

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/**
 * `ratio` is candidate / baseline. `drop` is baseline - candidate; of a task metric, how much worse it got, so that of
 * perplexity it is the rise.
 */
export type Relation = 'drop' | 'ratio';

export interface Requirement {
  readonly expression: string;
  /** A known quantity, the key of a task metric, or a path. */
  readonly name: string;
  /** Where in the report, for names that are paths. */
  readonly path: Path | null;
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
  const path = isKnown(name) ? null : pathNamed(name);
  const kind = relation === 'ratio' ? 'factor' : (path?.kind ?? quantityNamed(name)?.kind ?? 'number');
  return {
    expression: expression.trim(),
    name,
    path,
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
  if (pathNamed(given)) return given;
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

function isKnown(name: string): boolean {
  return name.startsWith(PREFIX) || quantityNamed(name) !== null || METRIC_NAMES.includes(name);
}

/** True for scores of a task, which take labels. */
export function asksForMetric({ name, path }: Requirement): boolean {
  return path === null && quantityNamed(name) === null;
}

function unitFactor(unit: string, kind: QuantityKind, expression: string): number {
  const units = UNITS[kind];
  const found = Object.keys(units).find((name) => name.toLowerCase() === unit.toLowerCase());
  const factor = found === undefined ? undefined : units[found];
  if (factor !== undefined) return factor;
  throw refuse(expression, `has the unit "${unit}", which does not fit`, `units here: ${unitNames(kind)}`);
}

/** The key of a task metric without its prefix. */
export function metricKey(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** For hints. */
export function listNames(names: readonly string[]): string {
  return `known names: ${names.join(', ')}, each also with .drop and .ratio; and paths into the report such as latencyMs.max`;
}

/** An LlmcError REQUIREMENT about `expression`. */
export function refuse(expression: string, problem: string, hint: string): LlmcError {
  return new LlmcError('REQUIREMENT', `requirement "${expression.trim()}" ${problem}`, { hint });
}
