/** precision: of those chosen as a class, the share that are; mean over classes. */
import { overClasses, share } from './confusion.ts';

export const precision = overClasses(
  'precision',
  'of those chosen as a class, the share that are; mean over classes',
  ({ hits, chosen }) => share(hits, chosen),
);
