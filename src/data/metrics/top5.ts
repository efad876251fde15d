/** Share of rows whose label is among the five largest scores. */
import { asFloats } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { labelAt } from './classes.ts';
import { classLayout, scoreStart } from './layout.ts';
import type { Metric, Score } from './metric.ts';

const MOST = 5;

export const top5: Metric = {
  name: 'top5',
  summary: 'share of rows whose label is among the five largest scores',
  better: 'higher',
  automatic: false,
  fits: (output, labels) => (classLayout(output, labels)?.classes ?? 0) > MOST,
  begin: () => new TopFive(),
};

class TopFive implements Score {
  #right = 0;
  #rows = 0;

  add(output: HostTensor, labels: HostTensor): void {
    const scores = asFloats(output);
    const layout = classLayout(output, labels);
    if (scores === null || layout === null) return;
    for (let at = 0; at < labels.data.length; at++) {
      const label = labelAt(labels, at, layout.classes);
      if (label === null) continue;
      this.#rows++;
      const start = scoreStart(at, layout);
      const own = scores[start + label * layout.inner] as number;
      let ahead = 0;
      for (let c = 0; c < layout.classes; c++) {
        const score = scores[start + c * layout.inner] as number;
        // Of equal scores the first class counts as the larger one, as in arg-max.
        if (score > own || (score === own && c < label)) ahead++;
      }
      if (ahead < MOST && !Number.isNaN(own)) this.#right++;
    }
  }

  value(): number | null {
    return this.#rows === 0 ? null : this.#right / this.#rows;
  }
}
