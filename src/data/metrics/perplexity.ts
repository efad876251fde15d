/** Exponential of the mean negative log-likelihood per token of [batch, sequence, vocabulary] scores. */
import { classLayout } from './layout.ts';
import { Likelihood } from './likelihood.ts';
import type { Metric } from './metric.ts';

/** Labels are the targets position by position: they are compared as they are, not shifted by one. */
export const perplexity: Metric = {
  name: 'perplexity',
  summary: 'exponential of the mean negative log-likelihood per token',
  automatic: true,
  fits: (output, labels) =>
    output.dims.length === 3 && labels.dims.length === 2 && classLayout(output, labels)?.inner === 1,
  begin: () => new Likelihood(Math.exp),
};
