/** Share of rows whose label is among the five largest scores. */
import type { HostTensor } from '../host-tensor.ts';
import { eachScored } from './each-label.ts';
import { classLayout } from './layout.ts';
import type { Metric, Score } from './metric.ts';

const MOST = 5;

export const top5: Metric = {
  name: 'top5',
  summary: 'share of rows whose label is among the five largest scores',
  automatic: false,
  fits: (output, labels) => (classLayout(output, labels)?.classes ?? 0) > MOST,
  begin: () => new TopFive(),
};

class TopFive implements Score {
  #right = 0;
  #rows = 0;

  add(output: HostTensor, labels: HostTensor): void {
    eachScored(output, labels, (label, { scores, start, layout: { classes, inner } }) => {
      this.#rows++;
      const own = scores[start + label * inner] as number;
      let ahead = 0;
      for (let c = 0; c < classes; c++) {
        const score = scores[start + c * inner] as number;
        // Of equal scores the first class counts as the larger one, as in arg-max.
        if (score > own || (score === own && c < label)) ahead++;
      }
      if (ahead < MOST && !Number.isNaN(own)) this.#right++;
    });
  }

  value(): number | null {
    return this.#rows === 0 ? null : this.#right / this.#rows;
  }
}
