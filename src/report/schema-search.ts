/** What a search has tried, in a report. */
import { z } from 'zod';

const nonNegative = z.number().nonnegative();

export const searchTrialSchema = z.object({
  name: z.string(),
  steps: z.string().describe('what made it, as options of a recipe'),
  sizeRatio: nonNegative,
  speedup: nonNegative,
  drop: z.number().describe('what was lost of `of`; negative where something was gained'),
  single: z.boolean().describe('one scheme with its usual options'),
  front: z.boolean().describe('nothing else is better in all of size, speed and loss'),
  confirmed: z.boolean().describe('measured again on rows that chose nothing'),
  within: z.boolean().describe('it holds the budget'),
  chosen: z.boolean(),
});

export const searchSchema = z.object({
  of: z.string().describe('what is not to be lost: a metric, agreement or error'),
  budget: z.string(),
  met: z.boolean(),
  stopped: z.string().describe('why the search ended'),
  rows: z.object({
    chosenOn: z.int().nonnegative(),
    confirmedOn: z.int().nonnegative().describe('others, which chose nothing'),
  }),
  recipe: z.string().nullable().describe('file with the recipe of the winner'),
  trials: z.array(searchTrialSchema),
  failures: z.array(z.object({ name: z.string(), reason: z.string() })),
});

export type SearchRecord = z.output<typeof searchSchema>;
