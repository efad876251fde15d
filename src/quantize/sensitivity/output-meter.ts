/** How far the outputs of a model are from those it had: the worst one, and what that does to a classifier. */
import { asFloats } from '../../data/cast.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { Divergence } from '../../numeric/divergence.ts';
import { Agreement, Similarity } from '../../numeric/similarity.ts';

type Outputs = Readonly<Record<string, HostTensor>>;

export class OutputMeter {
  readonly #similarities = new Map<string, Similarity>();
  readonly #agreement = new Agreement();
  readonly #divergence = new Divergence();

  add(reference: Outputs, outputs: Outputs): void {
    let classified = false;
    for (const [name, expected] of Object.entries(reference)) {
      const actual = outputs[name];
      const [x, y] = [asFloats(expected), actual && asFloats(actual)];
      if (!x || !y || !/^(float|double)/.test(expected.dtype) || x.length !== y.length) continue;
      const similarity = this.#similarities.get(name) ?? new Similarity();
      this.#similarities.set(name, similarity);
      similarity.add(x, y);
      const width = expected.dims.at(-1) ?? 0;
      // As for fidelity: the first output with a class axis is the one that classifies.
      if (classified || width < 2) continue;
      classified = true;
      this.#agreement.add(x, y, width);
      this.#divergence.add(x, y, width);
    }
  }

  /** Error power over signal power of the worst output. */
  get noise(): number {
    const ratios = [...this.#similarities.values()].map(({ sqnrDb, mismatches }) =>
      mismatches > 0 ? Infinity : sqnrDb === null ? 0 : 10 ** (-sqnrDb / 10),
    );
    return Math.max(0, ...ratios);
  }

  get maxAbsError(): number {
    return Math.max(0, ...[...this.#similarities.values()].map(({ maxAbsError }) => maxAbsError));
  }

  get agreement(): number | null {
    return this.#agreement.share;
  }

  get divergence(): number | null {
    return this.#divergence.mean;
  }
}
