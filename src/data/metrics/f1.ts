/** f1: harmonic mean of precision and recall, for each class; mean over classes. */
import { overClasses, share } from './confusion.ts';

export const f1 = overClasses(
  'f1',
  'harmonic mean of precision and recall, for each class; mean over classes',
  ({ hits, chosen, labelled }) => share(2 * hits, chosen + labelled),
);
