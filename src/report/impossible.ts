/** Requirements that no model can meet, or that every model meets: slips of the pen, refused before any work. */
import { isUnbounded, lowerIsBetter } from './metric-drop.ts';
import { quantityNamed } from './quantities.ts';
import { metricKey, type Operator, type Requirement, refuse } from './require.ts';

/** Quantities that are above zero whatever the model. */
const POSITIVE: ReadonlySet<string> = new Set([
  'size',
  'gzip',
  'p50',
  'p90',
  'p95',
  'p99',
  'mean',
  'throughput',
  'loadMs',
  'peakRss',
  'coldStart',
  'speedup',
  'parameters',
]);

/** @throws LlmcError REQUIREMENT with the reason */
export function refuseImpossible(requirement: Requirement): void {
  const why = requirement.path === null ? objection(requirement) : null;
  if (why !== null)
    throw refuse(
      requirement.expression,
      `can never hold: ${why}`,
      'is there a slip in the number or the sign?',
    );
}

function objection({ name, relation, operator, limit }: Requirement): string | null {
  const key = metricKey(name);
  if (relation === 'ratio' || (relation === null && POSITIVE.has(name)))
    return atMost(operator) && limit <= 0 ? `${name} is always above 0` : null;
  const isShare =
    quantityNamed(name)?.kind === 'share' || (quantityNamed(name) === null && isShareMetric(name));
  if (!isShare) return null;
  const [least, most] = relation === 'drop' ? [-1, 1] : [0, 1];
  const [low, high] =
    relation === 'drop'
      ? ['cannot rise by more than 100%', 'cannot fall by more than 100%']
      : ['is at least 0', 'is at most 100%'];
  if (atLeast(operator) && above(limit, most, operator)) return `${key} ${high}`;
  return atMost(operator) && below(limit, least, operator) ? `${key} ${low}` : null;
}

function atMost(operator: Operator): boolean {
  return operator === '<' || operator === '<=' || operator === '==';
}

function atLeast(operator: Operator): boolean {
  return operator === '>' || operator === '>=' || operator === '==';
}

/** Of metrics that users define nothing is known; error rates of long answers exceed 100 %. */
const SHARES: ReadonlySet<string> = new Set([
  'accuracy',
  'auc',
  'dice',
  'f1',
  'iou',
  'precision',
  'recall',
  'top5',
]);

function isShareMetric(name: string): boolean {
  const key = metricKey(name);
  return SHARES.has(key) && !isUnbounded(key) && !lowerIsBetter(key);
}

function above(limit: number, bound: number, operator: Operator): boolean {
  return operator === '>' ? limit >= bound : limit > bound;
}

function below(limit: number, bound: number, operator: Operator): boolean {
  return operator === '<' ? limit <= bound : limit < bound;
}
