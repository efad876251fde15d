/** What a training minimizes: a weighted sum of losses and hints. */
import type { Loss, LossSettings } from './losses/loss.ts';

export interface Term {
  readonly loss: Loss;
  /** What it counts for, at the beginning and at the end; in between it goes straight. */
  readonly weight: readonly [number, number];
}

/** A value of the student that is to be like one of the teacher (Romero et al. 2015, section 2.2). */
export interface Hint {
  readonly student: string;
  readonly teacher: string;
  readonly weight: number;
}

export interface Objective {
  readonly terms: readonly Term[];
  readonly hints: readonly Hint[];
  readonly settings: LossSettings;
}

/** The weight of a term at a share of the training. */
export function weightAt({ weight: [first, last] }: Term, done: number): number {
  return first + (last - first) * done;
}
