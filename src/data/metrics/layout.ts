/** How scores and labels lie beside each other: the class axis is the one that labels do not have. */
import { elementCount, type HostTensor } from '../host-tensor.ts';

/** Scores of classes, [outer, classes, inner] around their axis. */
export interface ClassLayout {
  readonly classes: number;
  readonly inner: number;
}

/** Null where the output does not hold a score for every class of every label. */
export function classLayout(output: HostTensor, labels: HostTensor): ClassLayout | null {
  if (!output.dtype.startsWith('float') || Array.isArray(labels.data) || labels.dtype === 'bool') return null;
  const count = elementCount(labels.dims);
  // Classes come last, or behind the rows as channels of pictures do.
  for (const axis of [output.dims.length - 1, 1]) {
    const classes = output.dims[axis] ?? 0;
    if (classes < 2 || elementCount(output.dims) !== count * classes) continue;
    const inner = elementCount(output.dims.slice(axis + 1));
    const rest = output.dims.filter((_, at) => at !== axis);
    if (inner === 1 || String(rest) === String(labels.dims)) return { classes, inner };
  }
  return null;
}

/** True when the output already holds one class number per label. */
export function isDecided(output: HostTensor, labels: HostTensor): boolean {
  const counts = elementCount(output.dims) === elementCount(labels.dims);
  return counts && /^u?int(8|16|32|64)$/.test(output.dtype) && !Array.isArray(labels.data);
}

/** True for a number for each label, both floats: regression. */
export function isMeasured(output: HostTensor, labels: HostTensor): boolean {
  const floats = output.dtype.startsWith('float') && labels.dtype.startsWith('float');
  return floats && elementCount(output.dims) === elementCount(labels.dims);
}

/** Index of the largest score of a label; the first of equals, NaN never wins. */
export function choiceAt(scores: ArrayLike<number>, index: number, { classes, inner }: ClassLayout): number {
  const start = scoreStart(index, { classes, inner });
  let best = 0;
  let largest = -Infinity;
  for (let c = 0; c < classes; c++) {
    const score = scores[start + c * inner] as number;
    if (score > largest) {
      largest = score;
      best = c;
    }
  }
  return best;
}

/** Where the score of class 0 of a label lies; those of the others follow at a distance of `inner`. */
export function scoreStart(index: number, { classes, inner }: ClassLayout): number {
  return Math.floor(index / inner) * classes * inner + (index % inner);
}
