/** Share of rows whose label is the model's first choice: arg-max of scores, or the class the graph itself outputs. */
import { asFloats } from '../cast.ts';
import { elementCount, type HostTensor } from '../host-tensor.ts';
import { argMax, isClassified, labelAt } from './classes.ts';
import type { Metric, Score } from './metric.ts';

export const accuracy: Metric = {
  name: 'accuracy',
  better: 'higher',
  fits: (output, labels) => isClassified(output, labels) || isDecided(output, labels),
  begin: () => new Accuracy(),
};

/** True when the output already holds one class number per row. */
function isDecided(output: HostTensor, labels: HostTensor): boolean {
  const counts = elementCount(output.dims) === elementCount(labels.dims);
  return counts && /^u?int(8|16|32|64)$/.test(output.dtype) && !Array.isArray(labels.data);
}

class Accuracy implements Score {
  #right = 0;
  #rows = 0;

  add(output: HostTensor, labels: HostTensor): void {
    const values = asFloats(output);
    if (values === null) return;
    const decided = !isClassified(output, labels);
    const classes = decided ? Number.MAX_SAFE_INTEGER : (output.dims.at(-1) as number);
    for (let row = 0; row < labels.data.length; row++) {
      const label = labelAt(labels, row, classes);
      if (label === null) continue;
      const choice = decided ? values[row] : argMax(values, row * classes, classes);
      this.#rows++;
      if (choice === label) this.#right++;
    }
  }

  value(): number | null {
    return this.#rows === 0 ? null : this.#right / this.#rows;
  }
}
