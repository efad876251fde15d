/** From options to an objective: which losses count, and whether there is what they need. */
import { LlmcError } from '../errors.ts';
import { lossNamed } from './losses/table.ts';
import type { Objective, Term } from './objective.ts';
import type { LearnOptions } from './options.ts';

/** The teacher's share where labels are there as well (Hinton et al. 2015, section 3, found a low weight of these best). */
const ALPHA = 0.9;

/**
 * alpha T^2 KL(teacher || student) + (1 - alpha) cross-entropy, or the losses that were asked for.
 * @throws LlmcError USAGE for losses without what they need
 */
export function objectiveFor(options: LearnOptions, teachers: number, hasLabels: boolean): Objective {
  const { hints, smoothing, temperature } = options;
  if (!(temperature > 0)) refuse(`--temperature ${temperature} is none`, 'give a number above 0, e.g. 4');
  const terms = options.losses.length > 0 ? named(options) : shared(options, teachers, hasLabels);
  for (const { loss } of terms) {
    if (loss.needs === 'labels' && !hasLabels)
      refuse(
        `the data has no labels, which '${loss.name}' needs`,
        'add a labels column (?labels=name), or learn from the teacher alone: --alpha 1',
      );
    if (loss.needs === 'teacher' && teachers === 0)
      refuse(`there is no teacher, which '${loss.name}' needs`, 'give a teacher, or --alpha 0 with labels');
  }
  if (hints.length > 0 && teachers === 0) refuse('hints need a teacher', 'give a teacher');
  return { terms, hints, settings: { temperature, smoothing } };
}

function named({ losses }: LearnOptions): Term[] {
  return losses.map(({ name, weight }) => ({ loss: lossNamed(name), weight }));
}

function shared({ alpha }: LearnOptions, teachers: number, hasLabels: boolean): Term[] {
  const share = alpha ?? (teachers === 0 ? 0 : hasLabels ? ALPHA : 1);
  if (!(share >= 0 && share <= 1)) refuse(`--alpha ${share} is no share`, 'give a number from 0 to 1');
  const term = (name: string, weight: number): Term[] =>
    weight > 0 ? [{ loss: lossNamed(name), weight: [weight, weight] }] : [];
  return [...term('kd', share), ...term('ce', 1 - share)];
}

function refuse(message: string, hint: string): never {
  throw new LlmcError('USAGE', message, { hint });
}
