/** Every metric llmc computes from outputs and labels, alphabetical. */
import { accuracy } from './accuracy.ts';
import type { Metric } from './metric.ts';
import { perplexity } from './perplexity.ts';

export const metrics: readonly Metric[] = [accuracy, perplexity];
