/** The lines of a before/after table: what is shown of a model and how two of them are compared. */
import type { Candidate, Group } from './groups.ts';
import type { ModelRecord } from './schema.ts';
import type { Speedup } from './schema-bench.ts';
import {
  formatBytes,
  formatCosine,
  formatCount,
  formatDb,
  formatError,
  formatMetric,
  formatMs,
  formatNats,
  formatRatio,
  formatShare,
  formatSigned,
  significant,
} from './units.ts';

export type Tone = 'good' | 'bad' | 'neutral';

export interface Change {
  readonly text: string;
  readonly tone: Tone;
}

export interface Row {
  readonly label: string;
  /** Null where the model has no such number. */
  value(model: ModelRecord): string | null;
  change(baseline: ModelRecord, candidate: Candidate): Change | null;
  /** Shown only when everything is. */
  readonly detail: boolean;
}

type Words = readonly [less: string, more: string];

/** A number of a model whose change is told as a factor in words: 3.91x smaller. */
function measured(
  label: string,
  read: (model: ModelRecord) => number | null | undefined,
  format: (value: number) => string,
  words: Words,
  init: { readonly better?: 'less' | 'more' | 'neither'; readonly detail?: boolean } = {},
): Row {
  return {
    label,
    detail: init.detail ?? false,
    value: (model) => {
      const value = read(model);
      return value == null ? null : format(value);
    },
    change: (baseline, { model }) => factor(read(baseline), read(model), words, init.better ?? 'less'),
  };
}

/** Within half a percent two numbers are called the same. */
function factor(
  before: number | null | undefined,
  after: number | null | undefined,
  [less, more]: Words,
  better: 'less' | 'more' | 'neither',
): Change | null {
  if (before == null || after == null || before <= 0 || after <= 0) return null;
  const ratio = after / before;
  if (Math.abs(ratio - 1) < 0.005) return { text: 'same', tone: 'neutral' };
  const shrank = ratio < 1;
  const tone = better === 'neither' ? 'neutral' : shrank === (better === 'less') ? 'good' : 'bad';
  return { text: `${formatRatio(shrank ? 1 / ratio : ratio)} ${shrank ? less : more}`, tone };
}

/** An interval whose ends are this far apart around one shows a busy machine, not equal models. */
const VAGUE = 1.25;

/** The speed-up with its interval when it was measured side by side, else the ratio of the medians. */
export function speedChange(baseline: ModelRecord, { model, comparison }: Candidate): Change | null {
  const speedup = comparison?.speedup;
  if (speedup) return timed(speedup);
  return factor(baseline.latencyMs?.p50, model.latencyMs?.p50, ['faster', 'slower'], 'less');
}

/** Cold starts with the interval of their ratio. */
function startChange(_: ModelRecord, { comparison }: Candidate): Change | null {
  return comparison?.coldStart ? timed(comparison.coldStart) : null;
}

/** A measured ratio of times in words, with its interval. */
export function timed(speedup: Speedup): Change {
  const inverse = speedup.verdict === 'slower';
  const [low, high] = inverse ? [1 / speedup.high, 1 / speedup.low] : [speedup.low, speedup.high];
  const interval = `[${significant(low)}, ${significant(high)}]`;
  if (speedup.verdict === 'no difference') {
    const vague = speedup.high > speedup.low * VAGUE;
    return { text: `${vague ? 'too noisy to tell' : 'no difference'} ${interval}`, tone: 'neutral' };
  }
  const ratio = inverse ? 1 / speedup.estimate : speedup.estimate;
  return { text: `${formatRatio(ratio)} ${speedup.verdict} ${interval}`, tone: inverse ? 'bad' : 'good' };
}

/** How the file's size changed. */
export function fileSizeChange(baseline: ModelRecord, model: ModelRecord): Change | null {
  return factor(baseline.sizeBytes, model.sizeBytes, SIZE, 'less');
}

/** How the file's size changed, in the words of the table. */
export function sizeChange(baseline: ModelRecord, model: ModelRecord): string | null {
  return fileSizeChange(baseline, model)?.text ?? null;
}

const SIZE: Words = ['smaller', 'larger'];
const SPEED: Words = ['faster', 'slower'];
const AMOUNT: Words = ['less', 'more'];

/** Tails and single measurements have no interval, so no colour praises or blames them. */
const UNSURE = { better: 'neither' } as const;
const HIDDEN = { better: 'neither', detail: true } as const;

const rowsPerSecond = (rows: number) => `${significant(rows)} rows/s`;

const FIXED: readonly Row[] = [
  measured('size', (model) => model.sizeBytes, formatBytes, SIZE),
  measured('gzip', (model) => model.gzipBytes, formatBytes, SIZE),
  measured('parameters', (model) => model.parameters, formatCount, ['fewer', 'more'], { better: 'neither' }),
  measured('zeros', (model) => model.sparsity || null, formatShare, AMOUNT, { better: 'neither' }),
  measured('MACs', (model) => model.macs, formatCount, ['fewer', 'more']),
  { ...measured('p50', (model) => model.latencyMs?.p50, formatMs, SPEED), change: speedChange },
  measured('p90', (model) => model.latencyMs?.p90, formatMs, SPEED, HIDDEN),
  measured('p95', (model) => model.latencyMs?.p95, formatMs, SPEED, HIDDEN),
  measured('p99', (model) => model.latencyMs?.p99, formatMs, SPEED, UNSURE),
  measured('mean', (model) => model.latencyMs?.mean, formatMs, SPEED, HIDDEN),
  measured('throughput', (model) => model.throughput, rowsPerSecond, AMOUNT, UNSURE),
  measured('load', (model) => model.loadMs, formatMs, SPEED, UNSURE),
  {
    ...measured('cold start', (model) => model.coldStart?.totalMs, formatMs, SPEED),
    change: startChange,
  },
  measured('- process', (model) => model.coldStart?.processMs, formatMs, SPEED, HIDDEN),
  measured('- load', (model) => model.coldStart?.loadMs, formatMs, SPEED, HIDDEN),
  measured('- first run', (model) => model.coldStart?.firstRunMs, formatMs, SPEED, HIDDEN),
  measured('peak memory', (model) => model.peakRssBytes, formatBytes, AMOUNT),
];

/** For runs that raced two models without a benchmark: there is a ratio, but no time worth printing. */
const RACED: Row = { ...plain('speed', () => null), change: speedChange };

const FIDELITY: readonly Row[] = [
  plain('SQNR', (model) => model.fidelity && formatDb(model.fidelity.sqnrDb)),
  plain('cosine', (model) => (model.fidelity?.cosine == null ? null : formatCosine(model.fidelity.cosine))),
  plain('agreement', (model) =>
    model.fidelity?.agreement == null ? null : formatShare(model.fidelity.agreement),
  ),
  plain('KL', (model) => (model.fidelity?.kl == null ? null : formatNats(model.fidelity.kl))),
  plain('max error', (model) => model.fidelity && formatError(model.fidelity.maxAbsError)),
];

function plain(label: string, value: Row['value']): Row {
  return { label, value, change: () => null, detail: false };
}

/** A task metric; no judgement by colour, since for some of them less is better. */
function metric(name: string): Row {
  return {
    label: name,
    detail: false,
    value: (model) => {
      const value = model.metrics[name];
      return value === undefined ? null : formatMetric(value);
    },
    change: (baseline, { model }) => {
      const [before, after] = [baseline.metrics[name], model.metrics[name]];
      if (before === undefined || after === undefined) return null;
      return { text: before === after ? 'same' : formatSigned(after - before), tone: 'neutral' };
    },
  };
}

/** The rows that have a value in at least one of the models, in their order. */
export function rowsFor(group: Group, verbose: boolean): Row[] {
  const models = [group.baseline, ...group.candidates.map(({ model }) => model)];
  const names = [...new Set(models.flatMap((model) => Object.keys(model.metrics)))];
  const raced =
    models.every((model) => model.latencyMs === null) &&
    group.candidates.some(({ comparison }) => comparison?.speedup);
  const rows = [...FIXED, ...names.map(metric), ...FIDELITY].filter(
    (row) => (verbose || !row.detail) && models.some((model) => row.value(model) !== null),
  );
  // Behind the sizes, where a benchmark has its times.
  return raced ? [...rows.slice(0, 1), RACED, ...rows.slice(1)] : rows;
}
