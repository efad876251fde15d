/** Share of rows whose label is the model's first choice: arg-max of scores, or the class the graph itself outputs. */
import type { HostTensor } from '../host-tensor.ts';
import { eachChoice } from './each-label.ts';
import { classLayout, isDecided } from './layout.ts';
import type { Metric, Score } from './metric.ts';

export const accuracy: Metric = {
  name: 'accuracy',
  summary: "share of labels that are the model's first choice",
  automatic: true,
  fits: (output, labels) => classLayout(output, labels) !== null || isDecided(output, labels),
  begin: () => new Accuracy(),
};

class Accuracy implements Score {
  #right = 0;
  #rows = 0;

  add(output: HostTensor, labels: HostTensor): void {
    eachChoice(output, labels, (label, choice) => {
      this.#rows++;
      if (choice === label) this.#right++;
    });
  }

  value(): number | null {
    return this.#rows === 0 ? null : this.#right / this.#rows;
  }
}
