/** What a training is asked to do. */

export interface LossRequest {
  readonly name: string;
  /** At the beginning and at the end. */
  readonly weight: readonly [number, number];
}

export interface HintRequest {
  readonly teacher: string;
  readonly student: string;
  readonly weight: number;
}

/** Where answers of teachers are kept for other trainings. */
export interface TeacherCache {
  readonly folder: string;
  /** The least recently used make room when there are more. */
  readonly bytes: number;
}

/** Four gigabytes. */
export const TEACHER_CACHE_BYTES = 4e9;

export interface LearnOptions {
  readonly data: string;
  /** What the student is judged by at the end of each epoch; null for nothing. */
  readonly evaluation: string | null;
  /** Metric that decides; null for the first that fits. */
  readonly metric: string | null;
  /** Output to learn; null for the first float output. */
  readonly output: string | null;
  readonly optimizer: string;
  /** Null for what suits the optimizer. */
  readonly rate: number | null;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Null for what suits the optimizer. */
  readonly weightDecay: number | null;
  /** Globs of parameters without decay. */
  readonly noDecay: readonly string[];
  readonly schedule: string;
  /** Steps of a rising rate; below 1 a share of all steps. */
  readonly warmup: number;
  readonly batch: number;
  readonly epochs: number;
  /** Instead of epochs; null for these. */
  readonly steps: number | null;
  readonly shuffle: boolean;
  /** Share of the teacher in the loss; null: all of it without labels, most of it with them. */
  readonly alpha: number | null;
  readonly temperature: number;
  readonly smoothing: number;
  /** Instead of `alpha`; none for that. */
  readonly losses: readonly LossRequest[];
  readonly hints: readonly HintRequest[];
  readonly freeze: readonly string[];
  readonly frozenBatchNorm: boolean;
  /** Weights that are zero stay zero: pruned ones. */
  readonly keepZeros: boolean;
  readonly clip: number | null;
  readonly ema: number | null;
  readonly accumulate: number;
  readonly checkpoint: string | null;
  readonly resume: boolean;
  readonly patience: number | null;
  /** Null to remember answers only while training. */
  readonly teacherCache: TeacherCache | null;
  /** Where the graph of a step is written; null for nowhere. */
  readonly saveGraph: string | null;
}

/** What a training does that nobody says more of. */
export const LEARN_DEFAULTS: Omit<LearnOptions, 'data'> = {
  evaluation: null,
  metric: null,
  output: null,
  optimizer: 'adamw',
  rate: null,
  momentum: 0,
  nesterov: false,
  weightDecay: null,
  noDecay: [],
  schedule: 'constant',
  warmup: 0,
  batch: 32,
  epochs: 10,
  steps: null,
  shuffle: true,
  alpha: null,
  temperature: 4,
  smoothing: 0,
  losses: [],
  hints: [],
  freeze: [],
  frozenBatchNorm: false,
  keepZeros: false,
  clip: null,
  ema: null,
  accumulate: 1,
  checkpoint: null,
  resume: false,
  patience: null,
  teacherCache: null,
  saveGraph: null,
};
