/** Mean cosine of the angle between embeddings and those they should be, row by row along the last axis. */
import { asFloats } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { isMeasured } from './layout.ts';
import type { Metric, Score } from './metric.ts';

export const similarity: Metric = {
  name: 'similarity',
  summary: 'mean cosine between embeddings and those of the labels',
  automatic: false,
  fits: (output, labels) => isMeasured(output, labels) && (output.dims.at(-1) ?? 0) > 1,
  begin: () => new Similarity(),
};

class Similarity implements Score {
  #sum = 0;
  #rows = 0;

  add(output: HostTensor, labels: HostTensor): void {
    const [found, wanted] = [asFloats(output), asFloats(labels)];
    if (found === null || wanted === null) return;
    const width = output.dims.at(-1) as number;
    for (let start = 0; start < found.length; start += width) {
      let [both, a, b] = [0, 0, 0];
      for (let at = start; at < start + width; at++) {
        const [x, y] = [found[at] as number, wanted[at] as number];
        both += x * y;
        a += x * x;
        b += y * y;
      }
      // No direction at all is as wrong as a right angle.
      this.#sum += a === 0 || b === 0 ? 0 : both / Math.sqrt(a * b);
      this.#rows++;
    }
  }

  value(): number | null {
    return this.#rows === 0 || Number.isNaN(this.#sum) ? null : this.#sum / this.#rows;
  }
}
