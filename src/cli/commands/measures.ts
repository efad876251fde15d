/** What commands measure with the options they are given: requirements about anything else are refused. */
import { wantedMetrics } from '../../data/metrics/wanted.ts';
import { parseDataSpec } from '../../data/open.ts';
import { MEASURED_TOGETHER, type Measurable, RELATIONS, TASK_METRICS } from '../../report/measurable.ts';

/** A result checked against its input: quantize and, where `speed` is false, convert. */
export function checkedResult(
  check: 'full' | 'load' | 'none',
  { speed = true, data }: { readonly speed?: boolean; readonly data?: string | undefined } = {},
): Measurable {
  const byComparing = [...MEASURED_TOGETHER.fidelity, ...(speed ? ['speedup'] : [])];
  if (check === 'full')
    return { names: ['size', ...byComparing], metrics: taskMetrics(data), compared: true };
  const advice = Object.fromEntries(
    byComparing.map((name) => [name, 'the result is not compared with the input here; llmc bench does that']),
  );
  return { names: ['size'], metrics: [], compared: true, advice };
}

/** What labels in the data can give. */
function taskMetrics(data: string | undefined, asked: readonly string[] = []): string[] {
  const real = data !== undefined && parseDataSpec(data).kind !== 'synthetic';
  return real ? wantedMetrics(asked).map(({ metric }) => metric.name) : [];
}

export interface Benchmark {
  readonly gzip: boolean;
  readonly memory: boolean;
  readonly runtime?: 'native' | 'web' | undefined;
  readonly coldStart?: boolean;
  readonly data: string | undefined;
  /** Asked for by name. */
  readonly metrics?: readonly string[];
  /** How many. */
  readonly models: number;
}

/** `llmc bench`: task metrics take data, comparisons a second model. */
export function benchmark({
  gzip,
  memory,
  runtime,
  coldStart,
  data,
  metrics,
  models,
}: Benchmark): Measurable {
  const compared = models > 1;
  const another = 'name a second model';
  const labels = 'give data with labels: --data "eval.npz?labels=y"';
  return {
    names: [
      'size',
      ...MEASURED_TOGETHER.latency,
      ...(gzip ? ['gzip'] : []),
      ...(memory ? ['peakRss'] : []),
      ...(coldStart ? ['coldStart'] : []),
      ...(compared ? [...MEASURED_TOGETHER.fidelity, 'speedup'] : []),
    ],
    metrics: taskMetrics(data, metrics),
    compared,
    advice: {
      gzip: 'leave out --no-gzip',
      peakRss: runtime === 'web' ? 'leave out --runtime web' : 'leave out --no-memory',
      coldStart: 'add --cold-start',
      [TASK_METRICS]: labels,
      [RELATIONS]: another,
      speedup: another,
      ...Object.fromEntries(MEASURED_TOGETHER.fidelity.map((name) => [name, another])),
    },
  };
}

/** `llmc compare`: what the outputs of two models are like; nothing is timed. */
export const comparison: Measurable = {
  names: ['size', ...MEASURED_TOGETHER.fidelity],
  metrics: [],
  compared: true,
};
