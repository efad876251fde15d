/** Adam (Kingma and Ba 2015, algorithm 1) and AdamW, with decoupled decay (Loshchilov and Hutter 2019, algorithm 2). */
import type { Value } from '../../ir/value.ts';
import type { Optimizer, OptimizerSettings, Update } from './optimizer.ts';

const SLOTS = ['mean', 'square'] as const;

/**
 * Averages are carried without their factors 1 - beta, which saves two passes over each tensor; the factors, and what
 * averages lack because they began at zero, are in two numbers of each step.
 */
function corrections(step: number, { beta1, beta2, epsilon }: OptimizerSettings): Record<string, number> {
  const root = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
  return { factor: (1 - beta1) / (1 - beta1 ** step) / root, epsilon: epsilon / root };
}

/** The next sums, and the direction they give but for the number `factor`. */
export function moments(
  { f, slots, scalar, settings }: Update,
  gradient: Value,
): { direction: Value; next: [Value, Value] } {
  const { beta1, beta2 } = settings;
  const [mean, square] = slots as [Value, Value];
  const nextMean = f.add(f.mul(mean, beta1), gradient);
  const nextSquare = f.add(f.mul(square, beta2), f.square(gradient));
  const size = f.add(f.sqrt(nextSquare), scalar('epsilon'));
  return { direction: f.div(nextMean, size), next: [nextMean, nextSquare] };
}

export const adam: Optimizer = {
  name: 'adam',
  summary: 'steps of the size of the learning rate in each weight; weight decay is part of the gradient',
  rate: 1e-3,
  slots: () => SLOTS,
  scalars: corrections,
  update(update) {
    const { f, weight, rate, decay, scalar } = update;
    const gradient = decay === 0 ? update.gradient : f.add(update.gradient, f.mul(weight, decay));
    const { direction, next } = moments(update, gradient);
    return { weight: f.sub(weight, f.mul(direction, f.mul(rate, scalar('factor')))), slots: next };
  },
};

export const adamw: Optimizer = {
  name: 'adamw',
  summary: 'Adam with weight decay apart from the gradient',
  rate: 1e-3,
  slots: () => SLOTS,
  scalars: corrections,
  update(update) {
    const { f, weight, rate, decay, scalar } = update;
    const { direction, next } = moments(update, update.gradient);
    const shrunk = decay === 0 ? weight : f.mul(weight, f.sub(1, f.mul(rate, decay)));
    return { weight: f.sub(shrunk, f.mul(direction, f.mul(rate, scalar('factor')))), slots: next };
  },
};
