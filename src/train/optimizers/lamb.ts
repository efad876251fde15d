/** LAMB (You et al. 2020, algorithm 2): AdamW whose step is scaled to the size of each weight tensor. */
import { adamw, moments } from './adam.ts';
import type { Optimizer } from './optimizer.ts';

export const lamb: Optimizer = {
  ...adamw,
  name: 'lamb',
  summary: 'AdamW with steps in proportion to the size of each tensor, for large batches',
  update(update) {
    const { f, weight, rate, decay, scalar } = update;
    const { direction, next } = moments(update, update.gradient);
    const corrected = f.mul(direction, scalar('factor'));
    const step = decay === 0 ? corrected : f.add(corrected, f.mul(weight, decay));
    const [size, length] = [weight, step].map((x) => f.sqrt(f.sum(f.square(x), null, false)));
    if (!size || !length) throw new Error('two tensors have two norms');
    // A tensor of zeros, or a step of none, is taken as it is.
    const both = f.op('And', [f.greater(size, 0), f.greater(length, 0)]);
    const trust = f.where(both, f.div(size, f.where(both, length, 1)), 1);
    return { weight: f.sub(weight, f.mul(step, f.mul(rate, trust))), slots: next };
  },
};
