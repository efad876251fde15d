/** A training as reports have it. */
import type { StepRecord } from '../report/schema.ts';
import type { Trained } from './run/training.ts';

/** Points of a curve in a report; longer trainings are thinned evenly, first and last points stay. */
const MOST = 10_000;

export function curveRecord({ curve, evaluations }: Trained): Pick<StepRecord, 'curve' | 'evaluations'> {
  const stride = Math.ceil(curve.length / MOST);
  const kept = stride <= 1 ? curve : curve.filter((_, at) => at % stride === 0 || at === curve.length - 1);
  return {
    curve: kept.map((point) => ({ ...point })),
    evaluations: evaluations.map((point) => ({ ...point })),
  };
}
