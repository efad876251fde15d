/** Share of rows whose label is the model's first choice: arg-max of scores, or the class the graph itself outputs. */
import { asFloats } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { labelAt } from './classes.ts';
import { choiceAt, classLayout, isDecided } from './layout.ts';
import type { Metric, Score } from './metric.ts';

export const accuracy: Metric = {
  name: 'accuracy',
  summary: "share of labels that are the model's first choice",
  better: 'higher',
  automatic: true,
  fits: (output, labels) => classLayout(output, labels) !== null || isDecided(output, labels),
  begin: () => new Accuracy(),
};

class Accuracy implements Score {
  #right = 0;
  #rows = 0;

  add(output: HostTensor, labels: HostTensor): void {
    const values = asFloats(output);
    if (values === null) return;
    const layout = classLayout(output, labels);
    const classes = layout?.classes ?? Number.MAX_SAFE_INTEGER;
    for (let row = 0; row < labels.data.length; row++) {
      const label = labelAt(labels, row, classes);
      if (label === null) continue;
      const choice = layout ? choiceAt(values, row, layout) : values[row];
      this.#rows++;
      if (choice === label) this.#right++;
    }
  }

  value(): number | null {
    return this.#rows === 0 ? null : this.#right / this.#rows;
  }
}
