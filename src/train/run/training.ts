/** What a training is told, and what it tells. */
import type { Model } from '../../ir/model.ts';
import type { StepFeeds, StepOptions } from '../graph/step-types.ts';
import type { TrainingBatch } from '../material/material.ts';
import type { Checkpoints } from './checkpoint.ts';
import type { Revision } from './revision.ts';

export interface CurvePoint {
  /** Counted from 1. */
  readonly step: number;
  readonly loss: number;
  readonly samplesPerSecond: number;
  readonly rate: number;
  /** Parts of the loss before their weights, where there are several. */
  readonly terms?: Readonly<Record<string, number>>;
}

export interface EvaluationPoint {
  readonly step: number;
  readonly metric: string;
  readonly value: number;
}

/** A score of the student as it is. */
export interface Scored {
  readonly metric: string;
  readonly value: number;
  readonly better: 'higher' | 'lower';
}

export interface TrainerOptions extends StepOptions {
  readonly rate: number;
  readonly schedule: string;
  /** Steps over which the rate rises. */
  readonly warmup: number;
  readonly steps: number;
  /** Scores a model; null where nothing judges. */
  readonly evaluate: ((student: Model) => Promise<Scored | null>) | null;
  /** Evaluations without improvement before the end; null for all steps. */
  readonly patience: number | null;
  readonly checkpoints: Checkpoints | null;
  /** Changes weights between steps; default nothing. */
  readonly revision?: Revision | null;
  /** Is given the graph of the first step; null where nobody wants it. */
  readonly onGraph: ((graph: Model) => Promise<void>) | null;
}

export interface Trained {
  readonly curve: readonly CurvePoint[];
  readonly evaluations: readonly EvaluationPoint[];
  /** Step whose weights the student has. */
  readonly step: number;
  readonly stoppedEarly: boolean;
}

/** What the teachers say to a batch. */
export type Ask = (batch: TrainingBatch) => Promise<Pick<StepFeeds, 'scores' | 'hints'>>;
