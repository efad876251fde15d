/** Requirements that no run with the given options could judge: refused before any work is done. */
import { LlmcError } from '../errors.ts';
import { METRIC_NAMES, quantityNamed } from './quantities.ts';
import { metricKey, type Requirement } from './require.ts';

/** Names of quantities that are measured together. */
export const MEASURED_TOGETHER = {
  fidelity: ['sqnr', 'cosine', 'agreement', 'kl', 'maxAbsError'],
  latency: ['p50', 'p90', 'p95', 'p99', 'mean', 'throughput', 'loadMs'],
  structure: ['parameters', 'macs'],
} as const;

/** What a run is going to measure. */
export interface Measurable {
  readonly names: readonly string[];
  /** Scores of a task, such as accuracy, that labels would give. */
  readonly metrics: readonly string[];
  /** Whether there is a model before and one after, so that .drop and .ratio mean something. */
  readonly compared: boolean;
  /** What the user can do about a name that is missing here; other names are sent to the command that has them. */
  readonly advice?: Readonly<Record<string, string>>;
}

/** Key of `Measurable.advice` for task metrics. */
export const TASK_METRICS = 'metrics';
/** Key of `Measurable.advice` for .drop and .ratio. */
export const RELATIONS = 'relations';

const BENCH = 'llmc bench measures it';
const BENCH_PAIR = 'llmc bench before.onnx after.onnx measures it';
const INSPECT = 'llmc inspect tells it';
const ADVICE: ReadonlyMap<string, string> = new Map([
  [TASK_METRICS, 'llmc bench before.onnx after.onnx --data "eval.npz?labels=y" measures it'],
  [RELATIONS, BENCH_PAIR],
  ...MEASURED_TOGETHER.fidelity.map((name) => [name, BENCH_PAIR] as const),
  ['speedup', BENCH_PAIR],
  ...[...MEASURED_TOGETHER.latency, 'gzip', 'peakRss'].map((name) => [name, BENCH] as const),
  ['coldStart', 'llmc bench --cold-start measures it'],
  ...MEASURED_TOGETHER.structure.map((name) => [name, INSPECT] as const),
]);

/** @throws LlmcError REQUIREMENT for the first one that would end as "not measured", with what measures it */
export function refuseUnmeasurable(requirements: readonly Requirement[], run: Measurable): void {
  for (const requirement of requirements) {
    const found = objection(requirement, run);
    if (!found) continue;
    const message = `requirement "${requirement.expression}" ${found.problem}`;
    throw new LlmcError('REQUIREMENT', message, { hint: found.hint });
  }
}

function objection(
  { name, relation, path }: Requirement,
  run: Measurable,
): { readonly problem: string; readonly hint: string } | null {
  const advice = (about: string): string =>
    run.advice?.[about] ?? ADVICE.get(about) ?? 'leave it out: no command measures it yet';
  if (path !== null) return null;
  const isMetric = quantityNamed(name) === null;
  if (!(isMetric ? run.metrics.includes(metricKey(name)) : run.names.includes(name)))
    return {
      problem: `names "${name}", which this run does not measure`,
      hint: isMetric ? metricAdvice(name, run, advice) : advice(name),
    };
  if (relation === null) return null;
  if (isRelative(name))
    return {
      problem: `asks for .${relation} of what compares two models already`,
      hint: `write "${name}" alone`,
    };
  if (run.compared) return null;
  return {
    problem: `asks for .${relation}, but there is no model to compare with`,
    hint: advice(RELATIONS),
  };
}

function metricAdvice(name: string, { metrics }: Measurable, advice: (about: string) => string): string {
  if (metrics.length === 0) return advice(TASK_METRICS);
  const more = METRIC_NAMES.includes(metricKey(name))
    ? `; llmc bench --metric ${metricKey(name)} adds it`
    : '';
  return `task metrics here: ${metrics.join(', ')}${more}`;
}

/** True for what says how a model relates to the baseline: the baseline itself has none. */
function isRelative(name: string): boolean {
  return name === 'speedup' || MEASURED_TOGETHER.fidelity.some((other) => other === name);
}
