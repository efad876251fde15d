/** What a loss is: nodes that compare outputs of the student with labels or with outputs of the teacher. */
import type { Formula } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';

/** The graph a loss is written into. Every value has a type with all sizes. */
export interface LossScope {
  readonly f: Formula;
  /** The student's scores before softmax, or its only answer. */
  readonly student: Value;
  /** The teacher's, in the same shape; null without a teacher. */
  readonly teacher: Value | null;
  readonly labels: Value | null;
  /** Axis of the scores along which classes lie. */
  readonly classAxis: number;
  /** Positions with a label that counts: 1 or 0 in the shape of the scores without their classes; null where all do. */
  readonly counted: Value | null;
  readonly settings: LossSettings;
  shape(value: Value): readonly number[];
}

export interface LossSettings {
  /** What scores are divided by before softmax (Hinton et al. 2015). */
  readonly temperature: number;
  /** Share of certainty that is spread over all classes (Szegedy et al. 2016, section 7). */
  readonly smoothing: number;
}

export interface Loss {
  readonly name: string;
  readonly summary: string;
  readonly needs: 'teacher' | 'labels';
  /** A scalar. @throws LlmcError DATA where shapes do not fit */
  build(scope: LossScope): Value;
}

/** Mean over the rows and positions that count of values in their shape. */
export function meanOverCounted({ f, counted }: LossScope, values: Value): Value {
  if (!counted) return f.mean(values, null, false);
  // A batch in which nothing counts has no loss.
  return f.div(f.sum(f.mul(values, counted), null, false), f.max(f.sum(counted, null, false), 1));
}
