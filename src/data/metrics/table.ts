/** Every metric llmc computes from outputs and labels, alphabetical. */
import { accuracy } from './accuracy.ts';
import { auc } from './auc.ts';
import { cer } from './cer.ts';
import { dice } from './dice.ts';
import { f1 } from './f1.ts';
import { iou } from './iou.ts';
import { mae } from './mae.ts';
import type { Metric } from './metric.ts';
import { mse } from './mse.ts';
import { nll } from './nll.ts';
import { perplexity } from './perplexity.ts';
import { precision } from './precision.ts';
import { r2 } from './r2.ts';
import { recall } from './recall.ts';
import { similarity } from './similarity.ts';
import { spearman } from './spearman.ts';
import { top5 } from './top5.ts';
import { wer } from './wer.ts';

export const metrics: readonly Metric[] = [
  accuracy,
  auc,
  cer,
  dice,
  f1,
  iou,
  mae,
  mse,
  nll,
  perplexity,
  precision,
  r2,
  recall,
  similarity,
  spearman,
  top5,
  wer,
];
