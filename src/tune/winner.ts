/** The recipe of a winner: what it was measured to be, and how to make it again. */
import { resolve } from 'node:path';
import { recipeText } from '../recipe/write.ts';
import { pointText } from './candidate.ts';
import type { TuneJob } from './job.ts';
import { budgetText } from './report.ts';
import { endingText } from './search.ts';
import type { TuneResult } from './tune.ts';

export interface RecipePlace {
  /** Of the recipe. */
  readonly path: string;
  readonly output: string;
  readonly seed: number;
}

export function winnerRecipe(
  { path, output, seed }: RecipePlace,
  job: TuneJob,
  { choice, rows, ending }: TuneResult,
): string {
  const { candidate, point } = choice.winner;
  const { maxDrop } = job.budget;
  const metric = point.of !== 'agreement' && point.of !== 'error';
  return recipeText(resolve(path), {
    comment: [
      `Found by llmc tune under ${budgetText(job.budget, point.of)}: ${candidate.label}.`,
      `On ${rows[1]} rows that chose nothing: ${pointText(point)}.`,
      `The search ended because ${endingText(ending)}.`,
      'check: load, since it was measured more closely than by the usual check.',
    ],
    model: job.model,
    output: resolve(output),
    data: {
      ...(job.calibration === null ? {} : { calibration: job.calibration }),
      eval: job.evaluation,
    },
    steps: candidate.steps.map(({ step, given }) => ({ step, given: { ...given, check: 'load' } })),
    require:
      maxDrop === null || !choice.met
        ? []
        : metric && point.error > 0
          ? [`${point.of}.drop <= ${round(maxDrop * 100)}%`]
          : point.of === 'agreement'
            ? [`agreement >= ${round((1 - maxDrop) * 100)}%`]
            : [],
    seed,
  });
}

function round(percent: number): number {
  return Math.round(percent * 1000) / 1000;
}
