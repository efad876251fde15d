/** What a training came to, in a sentence or two. */
import type { StepRecord } from './schema.ts';

/** Steps whose mean stands for the beginning and for the end: single batches differ. */
const WINDOW = 20;

/** Empty for steps that trained nothing. */
export function trainingLines({ curve = [], evaluations = [] }: StepRecord): string[] {
  const last = curve.at(-1);
  if (!last) return [];
  const size = Math.min(WINDOW, Math.ceil(curve.length / 4));
  const mean = (points: typeof curve): string =>
    (points.reduce((sum, { loss }) => sum + loss, 0) / points.length).toPrecision(3);
  const speeds = curve.map(({ samplesPerSecond }) => samplesPerSecond).sort((a, b) => a - b);
  const speed = Math.round(speeds[speeds.length >> 1] ?? 0).toLocaleString('en');
  const fell = `loss ${mean(curve.slice(0, size))} to ${mean(curve.slice(-size))} in ${last.step} steps, ${speed} rows/s`;
  const scores = evaluations.map(({ step, value }) => `${value.toPrecision(4)} (step ${step})`);
  const shown = scores.length > 4 ? [...scores.slice(0, 2), '...', ...scores.slice(-2)] : scores;
  return scores.length > 0 ? [fell, `${evaluations[0]?.metric}: ${shown.join(', ')}`] : [fell];
}
