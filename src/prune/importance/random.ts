/** Chance, to compare with. */
import { seedFor, uniform } from '../../random.ts';
import type { Importance } from './importance.ts';

export const random: Importance = {
  name: 'random',
  summary: 'chance, the same for the same seed',
  score(group, { seed }) {
    const next = uniform(seedFor(group.id, seed));
    return Float64Array.from({ length: group.size }, next);
  },
};
