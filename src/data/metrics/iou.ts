/** IoU (Jaccard index) of segmentations: what is of a class in both over what is in either; mean over classes. */
import { overClasses, share } from './confusion.ts';

export const iou = overClasses(
  'iou',
  'overlap of segments over their union; mean over classes',
  ({ hits, chosen, labelled }) => share(hits, chosen + labelled - hits),
  'spatial',
);
