/** Learning rates over the course of a training, as factors of the highest rate. */
import { LlmcError } from '../../errors.ts';

export interface Schedule {
  readonly name: string;
  readonly summary: string;
  /** @param done share of the steps after the warm-up that lie behind, from 0 to below 1 */
  factor(done: number): number;
}

/** Where the rate of `step` drops, as shares of the training, and to what part of itself. */
const DROPS = [0.5, 0.75] as const;
const DROP = 0.1;

/** The rise of one-cycle takes this share of the training, from this part of the highest rate (Smith and Topin 2018). */
const RISE = 0.3;
const FIRST = 1 / 25;
const LAST = 1e-4;

/** From 1 at 0 to 0 at 1 along half a cosine. */
function cosine(done: number): number {
  return (1 + Math.cos(Math.PI * done)) / 2;
}

export const schedules: readonly Schedule[] = [
  { name: 'constant', summary: 'the same rate all the time', factor: () => 1 },
  { name: 'cosine', summary: 'down to zero along half a cosine', factor: cosine },
  {
    name: 'step',
    summary: 'a tenth after half, a hundredth after three quarters',
    factor: (done) => DROP ** DROPS.filter((at) => done >= at).length,
  },
  {
    name: 'one-cycle',
    summary: 'up for three tenths of the time, then down to almost nothing',
    factor: (done) =>
      done < RISE
        ? 1 - (1 - FIRST) * cosine(done / RISE)
        : FIRST * LAST + (1 - FIRST * LAST) * cosine((done - RISE) / (1 - RISE)),
  },
];

/** @throws LlmcError USAGE for a name there is not */
export function requireSchedule(name: string): Schedule {
  const schedule = schedules.find((each) => each.name === name);
  if (schedule) return schedule;
  throw new LlmcError('USAGE', `there is no schedule '${name}'`, {
    hint: `choices: ${schedules.map((each) => each.name).join(', ')}`,
  });
}

/**
 * The factor of the rate at a step, counted from 0: a straight rise over the first `warmup` steps, the schedule over the
 * others.
 * @throws LlmcError USAGE for a name there is not
 */
export function rateFactor(name: string, step: number, total: number, warmup: number): number {
  const schedule = requireSchedule(name);
  if (step < warmup) return (step + 1) / warmup;
  return schedule.factor(Math.min(1, (step - warmup) / Math.max(1, total - warmup)));
}
