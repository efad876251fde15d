/** The surroundings of a benchmark: those of every command, and what runs the models. */
import { type Engine, NATIVE } from '../runtime/engine.ts';
import type { Context } from '../step.ts';

export interface Workplace extends Context {
  /** Default onnxruntime-node on the CPU. */
  readonly engine?: Engine;
}

export function engineOf({ engine = NATIVE }: Pick<Workplace, 'engine'>): Engine {
  return engine;
}
