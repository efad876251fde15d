/** Trends: every number of every model over the runs of a history, with the runs that drifted. */
import { lowerIsBetter } from '../metric-drop.ts';
import { quantityNamed } from '../quantities.ts';
import type { Trend } from '../schema.ts';
import { formatMetric, formatShare } from '../units.ts';
import { drifts } from './drift.ts';
import { type Entry, FOLLOWED } from './entry.ts';

/** Relative change that never counts as drift; times of the same program differ that much from day to day. */
const LEAST: Readonly<Record<string, number>> = { p50: 0.05, speedup: 0.05, peakRss: 0.05 };
const LEAST_ELSEWHERE = 0.005;

/** Compared only among runs on the machine of the last one. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['p50', 'peakRss']);

/** Of the models of the last run, by model and then by quantity. */
export function trendsOf(entries: readonly Entry[]): Trend[] {
  const last = entries.at(-1);
  if (last === undefined) return [];
  const here = entries.filter((entry) => machineOf(entry) === machineOf(last));
  return last.models.flatMap(({ name, values, metrics }) => [
    ...FOLLOWED.filter((quantity) => quantity in values).map((quantity) =>
      trend(OF_THE_MACHINE.has(quantity) ? here : entries, name, quantity),
    ),
    ...Object.keys(metrics).map((metric) => trend(entries, name, metric)),
  ]);
}

function trend(entries: readonly Entry[], model: string, quantity: string): Trend {
  const points = entries.flatMap(({ time, commit, models }) => {
    const found = models.find(({ name }) => name === model);
    const value = found && (own(found.values, quantity) ?? own(found.metrics, quantity));
    return value === undefined ? [] : [{ time, commit, value }];
  });
  const found = drifts(
    points.map(({ value }) => value),
    LEAST[quantity] ?? LEAST_ELSEWHERE,
  );
  return {
    model,
    quantity,
    points: points.map((point, index) => ({ ...point, drift: judged(quantity, found[index] ?? null) })),
  };
}

function judged(quantity: string, change: number | null): 'better' | 'worse' | null {
  if (change === null) return null;
  return lessIsBetter(quantity) === change < 0 ? 'better' : 'worse';
}

function lessIsBetter(quantity: string): boolean {
  return ['size', 'p50', 'peakRss'].includes(quantity) || lowerIsBetter(quantity);
}

/** A value of a trend with its unit. */
export function formatPoint(quantity: string, value: number): string {
  return (quantityNamed(quantity)?.format ?? formatMetric)(value);
}

/** What the last run of a trend shows, where it drifted: "p50 of int8 is 12% above the median of the runs before". */
export function driftNote({ model, quantity, points }: Trend): string | null {
  const last = points.at(-1);
  if (!last?.drift) return null;
  const change = drifts(
    points.map(({ value }) => value),
    0,
  ).at(-1);
  if (!change) return null;
  const way = change > 0 ? 'above' : 'below';
  return `${quantity} of ${model} drifted: ${formatPoint(quantity, last.value)} is ${formatShare(Math.abs(change))} ${way} the median of the runs before`;
}

function machineOf({ environment: { cpu, platform, onnxruntime, provider, threads } }: Entry): string {
  return [cpu, platform, onnxruntime, provider, threads].join(', ');
}

function own(members: Readonly<Record<string, number>>, key: string): number | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}
