/** What changes weights between two steps of a training, beside the optimizer. */
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import type { CarriedState } from './carried.ts';

export interface Revision {
  /** Tells revisions apart: of what they are asked to do. */
  readonly key: string;
  /** Names of the tensors it puts zeros into; these zeros stay. */
  readonly masked: ReadonlySet<string>;
  /** Whether something is to be done after `step` of `steps` steps. */
  due(step: number, steps: number): boolean;
  /** Does it, in place. The same weights give the same result. */
  apply(student: Model, step: number, steps: number): void;
  /** Whether all has been done: before that no state of the student is a result. */
  settled(step: number, steps: number): boolean;
}

/** Zeros of the student are zeros of what is carried, averages of weights included. */
export function carryZeros({ graph }: Model, masked: ReadonlySet<string>, state: CarriedState): void {
  for (const { name, tensor } of graph.initializers) {
    if (!tensor || !masked.has(name)) continue;
    const weights = floatsOf(tensor);
    for (const key of [name, `${name}/ema`]) {
      if (!state.has(key)) continue;
      const data = state.get(key).data as Float32Array;
      for (let at = 0; at < weights.length; at++) if (weights[at] === 0) data[at] = 0;
    }
  }
}
