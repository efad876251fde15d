/** recall: of those that are of a class, the share chosen as such; mean over classes. */
import { overClasses, share } from './confusion.ts';

export const recall = overClasses(
  'recall',
  'of those that are of a class, the share chosen as such; mean over classes',
  ({ hits, labelled }) => share(hits, labelled),
);
