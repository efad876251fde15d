/** Quantization-aware training: weights learn to live with their rounding (Jacob et al. 2018, section 3). */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { sort } from '../../passes/sort.ts';
import type { Context } from '../../step.ts';
import { type Learned, learn } from '../../train/learn.ts';
import type { LearnOptions } from '../../train/options.ts';
import { FakeWeights } from './fake-weights.ts';

/**
 * Trains a quantized model in place, with the float model as its teacher; scales stay as they are, codes change.
 * @param model with its weights behind DequantizeLinear
 * @param teacher path of the float model
 * @throws LlmcError UNSUPPORTED for models without such weights, and what training throws
 */
export async function trainQuantized(
  model: Model,
  teacher: string,
  options: LearnOptions,
  context: Context,
): Promise<Learned> {
  const weights = new FakeWeights();
  const learned = await learn(model, [teacher], options, context, (student) => {
    const names = weights.dress(student);
    if (weights.count === 0)
      throw new LlmcError('UNSUPPORTED', 'no weight of this model is behind DequantizeLinear', {
        hint: '--qat is for --scheme int8, int8-weights and, with --format qdq, int4',
      });
    return names;
  });
  weights.undress(model);
  await runPasses(model, [removeDead, sort], context);
  return learned;
}
