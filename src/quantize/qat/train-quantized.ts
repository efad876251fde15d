/** Quantization-aware training: weights learn to live with their rounding (Jacob et al. 2018, section 3). */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { sort } from '../../passes/sort.ts';
import type { Context } from '../../step.ts';
import { type Learned, learn } from '../../train/learn.ts';
import type { Fake } from './fake.ts';
import { FakeBiases } from './fake-biases.ts';
import { FakeBlocks } from './fake-blocks.ts';
import { FakeWeights } from './fake-weights.ts';
import { LearnedScales } from './learned-scales.ts';
import type { QatOptions } from './options.ts';

/**
 * Trains a quantized model in place, with the float model as its teacher: codes change, and scales where that is asked
 * for; zero points stay as they are.
 * @param teacher path of the float model
 * @throws LlmcError UNSUPPORTED for models without weights of that kind, and what training throws
 */
export async function trainQuantized(
  model: Model,
  teacher: string,
  options: QatOptions,
  context: Context,
): Promise<Learned> {
  const dressed = new Dressed();
  const learned = await learn(model, [teacher], options, context, (student) =>
    dressed.dress(student, options),
  );
  dressed.undress(model);
  await runPasses(model, [removeDead, sort], context);
  return learned;
}

/** A quantized model in the form it is trained in. */
export class Dressed {
  readonly #weights: readonly Fake[] = [new FakeWeights(), new FakeBlocks()];
  readonly #biases: Fake = new FakeBiases();
  readonly #scales = new LearnedScales();

  /**
   * @param model changed in place; it computes what it did
   * @returns names of the initializers that are trained, with factors of their gradients
   * @throws LlmcError UNSUPPORTED for models without weights of that kind
   */
  dress(model: Model, { scales }: Pick<QatOptions, 'scales'>): ReadonlyMap<string, number> {
    // Biases first: they look at scales of weights where these are read.
    const all = [this.#biases, ...this.#weights];
    for (const fake of all) fake.dress(model);
    if (this.#weights.every(({ trained }) => trained.length === 0))
      throw new LlmcError('UNSUPPORTED', 'no weight of this model is behind DequantizeLinear or in blocks', {
        hint: '--qat is for --scheme int8, int8-weights and int4',
      });
    const spans = new Map(all.flatMap((fake) => [...fake.spans]));
    const floats = all.flatMap(({ trained }) => trained).map((name): [string, number] => [name, 1]);
    return new Map([...floats, ...(scales === 'learned' ? this.#scales.dress(model, spans) : [])]);
  }

  /** @param model changed in place */
  undress(model: Model): void {
    this.#scales.undress(model);
    for (const fake of [...this.#weights, this.#biases]) fake.undress(model, this.#scales);
  }
}
