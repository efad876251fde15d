/** Dice of segmentations: twice what is of a class in both over the sum of both; mean over classes. */
import { overClasses, share } from './confusion.ts';

export const dice = overClasses(
  'dice',
  'twice the overlap of segments over their sum; mean over classes',
  ({ hits, chosen, labelled }) => share(2 * hits, chosen + labelled),
  'spatial',
);
