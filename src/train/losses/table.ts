/** All losses by name. */
import { LlmcError } from '../../errors.ts';
import { cosine, distillation, meanSquares, relation } from './distillation.ts';
import { crossEntropy, regression } from './labels.ts';
import type { Loss } from './loss.ts';

export const losses: readonly Loss[] = [
  crossEntropy,
  distillation,
  meanSquares,
  cosine,
  relation,
  regression,
];

/** @throws LlmcError USAGE for a name there is not */
export function lossNamed(name: string): Loss {
  const found = losses.find((each) => each.name === name);
  if (found) return found;
  throw new LlmcError('USAGE', `there is no loss '${name}'`, {
    hint: `choices: ${losses.map((each) => each.name).join(', ')}`,
  });
}
