/**
 * Mixes every row with another one. Zhang et al., mixup: Beyond Empirical Risk Minimization (2018), equation 1. A row
 * always weighs at least as much as what is mixed in: labels that are class numbers stay right that way. Labels that are
 * floats are mixed alike.
 */
import type { Augmentation } from './augmentation.ts';
import { isFloats } from './columns.ts';

export const mixup: Augmentation = {
  name: 'mixup',
  summary: 'mix each row with another one, by Beta(a, a)',
  amount: { least: 0.01, most: 2, whole: false, fallback: 0.2 },
  together: true,
  mixes: true,
  fits: isFloats,
  apply({ data, partner }, { amount }, random) {
    if (!partner) return;
    const found = beta(amount, random);
    const share = Math.max(found, 1 - found);
    for (let at = 0; at < data.length; at++)
      data[at] = share * (data[at] as number) + (1 - share) * (partner[at] as number);
  },
};

/** A number from the Beta(a, a) distribution (Joehnk 1964), in logarithms, because powers of 1/a underflow. */
function beta(a: number, random: () => number): number {
  for (;;) {
    const [x, y] = [Math.log(1 - random()) / a, Math.log(1 - random()) / a];
    const largest = Math.max(x, y);
    const sum = largest + Math.log(Math.exp(x - largest) + Math.exp(y - largest));
    if (sum <= 0) return Math.exp(x - sum);
  }
}
