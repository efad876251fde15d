/** All optimizers by name. */
import { LlmcError } from '../../errors.ts';
import { adam, adamw } from './adam.ts';
import { lamb } from './lamb.ts';
import { lion } from './lion.ts';
import type { Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

export const optimizers: readonly Optimizer[] = [sgd, adam, adamw, lamb, lion];

/** @throws LlmcError USAGE for a name there is not */
export function optimizerNamed(name: string): Optimizer {
  const found = optimizers.find((each) => each.name === name);
  if (found) return found;
  throw new LlmcError('USAGE', `there is no optimizer '${name}'`, {
    hint: `choices: ${optimizers.map((each) => each.name).join(', ')}`,
  });
}
