/** What to change in a recipe next, from what each of its results came to. */
import { basename } from 'node:path';
import { adviceOn } from '../report/advice.ts';
import type { StepRecord } from '../report/schema.ts';
import type { Measured } from './measure.ts';

/** Suggestions for one result. */
const MOST = 2;

/** A result and the steps that made it. */
export interface Delivered {
  readonly path: string;
  readonly made: readonly StepRecord[];
}

/** Options are called as in a terminal; in a recipe they go without dashes. */
export function adviceOf(outputs: readonly Delivered[], { models, comparisons, data }: Measured): string[] {
  const [before] = models;
  const said = outputs.flatMap(({ path, made }) => {
    const after = models.find((model) => model.path === path);
    const comparison = comparisons.find(({ candidate }) => candidate === after?.name);
    if (!before || !after || !comparison) return [];
    const measured = { before, after, comparison, synthetic: data?.synthetic !== false };
    const advice = suspects(made).flatMap((step) => adviceOn({ step, ...measured }));
    const whose = outputs.length > 1 ? `${basename(path)}: ` : '';
    return advice.slice(0, MOST).map((text) => `${whose}${text}`);
  });
  return [...new Set(said)];
}

/** The steps to look at: what was cut and never trained again, then what came last. */
function suspects(made: readonly StepRecord[]): readonly StepRecord[] {
  const trained = made.findLastIndex(
    ({ name, options }) => name.startsWith('distill') || options['recover'] === 'finetune',
  );
  const cut = made.findLast(({ name }, at) => name.startsWith('prune') && at > trained);
  return [...new Set([...(cut ? [cut] : []), ...made.slice(-1)])];
}
