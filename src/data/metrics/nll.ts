/** Mean negative log-likelihood of the labels, in nats (cross-entropy, log loss). */
import { classLayout } from './layout.ts';
import { Likelihood } from './likelihood.ts';
import type { Metric } from './metric.ts';

export const nll: Metric = {
  name: 'nll',
  summary: 'mean negative log-likelihood of the labels, in nats',
  automatic: false,
  fits: (output, labels) => classLayout(output, labels) !== null,
  begin: () => new Likelihood((mean) => mean),
};
