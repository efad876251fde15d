/** What to change in a recipe next, from what each of its results came to. */
import { basename } from 'node:path';
import { adviceOn } from '../report/advice.ts';
import type { StepRecord } from '../report/schema.ts';
import type { Measured } from './measure.ts';

/** A result and the step that made it. */
export interface Delivered {
  readonly path: string;
  readonly last: StepRecord | null;
}

/** Options are called as in a terminal; in a recipe they go without dashes. */
export function adviceOf(outputs: readonly Delivered[], { models, comparisons, data }: Measured): string[] {
  const [before] = models;
  const said = outputs.flatMap(({ path, last }) => {
    const after = models.find((model) => model.path === path);
    const comparison = comparisons.find(({ candidate }) => candidate === after?.name);
    if (!before || !after || !comparison || !last) return [];
    const advice = adviceOn({ step: last, before, after, comparison, synthetic: data?.synthetic !== false });
    const whose = outputs.length > 1 ? `${basename(path)}: ` : '';
    return advice.map((text) => `${whose}${text}`);
  });
  return [...new Set(said)];
}
