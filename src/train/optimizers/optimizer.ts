/** What an optimizer is: nodes that turn a gradient into the next values of a parameter. */
import type { Formula } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';

export interface OptimizerSettings {
  /** Of SGD. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Of Adam and its kin. */
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export const DEFAULT_SETTINGS: OptimizerSettings = {
  momentum: 0.9,
  nesterov: false,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

/** One parameter in the graph of a step; all values but the numbers have its shape. */
export interface Update {
  readonly f: Formula;
  readonly weight: Value;
  readonly gradient: Value;
  /** As many as the optimizer has slots. */
  readonly slots: readonly Value[];
  /** The learning rate, a scalar that is fed. */
  readonly rate: Value;
  /** Scalars that are fed, by the names of `scalars`. */
  readonly scalar: (name: string) => Value;
  /** Weight decay; 0 for parameters that have none. */
  readonly decay: number;
  readonly settings: OptimizerSettings;
}

export interface Optimizer {
  readonly name: string;
  readonly summary: string;
  /** The learning rate where none is asked for. */
  readonly rate: number;
  /** Names of what it remembers of each parameter; zeros before the first step. */
  slots(settings: OptimizerSettings): readonly string[];
  /** Numbers that change from step to step, counted from 1. */
  scalars(step: number, settings: OptimizerSettings): Readonly<Record<string, number>>;
  update(update: Update): { readonly weight: Value; readonly slots: readonly Value[] };
}
