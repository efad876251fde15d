/** Labels that are numbers of classes, and the class that scores choose. */
import { LlmcError } from '../../errors.ts';
import type { HostTensor } from '../host-tensor.ts';
import { IGNORED_LABEL } from './metric.ts';

/** The label at `index`, null where it is ignored. LlmcError DATA when it is no class. */
export function labelAt(labels: HostTensor, index: number, classes: number): number | null {
  const label = Number(labels.data[index]);
  if (label === IGNORED_LABEL) return null;
  if (Number.isInteger(label) && label >= 0 && label < classes) return label;
  throw new LlmcError('DATA', `label ${label} is not one of the model's ${classes} classes`, {
    hint: `labels are whole numbers from 0 to ${classes - 1}; ${IGNORED_LABEL} marks positions to ignore`,
  });
}

/** Index of the largest of `count` values from `start`; the first one of equals, NaN never wins. */
export function argMax(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  let largest = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = values[start + i] as number;
    if (value > largest) {
      largest = value;
      best = i;
    }
  }
  return best;
}
