/** How far the outputs of a model are from those it had: the worst one, and what that does to a classifier. */
import { asFloats } from '../../data/cast.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { Similarity } from '../../numeric/similarity.ts';
import { Answers } from '../../runtime/answers.ts';

type Outputs = Readonly<Record<string, HostTensor>>;

export class OutputMeter {
  readonly #similarities = new Map<string, Similarity>();
  readonly #answers = new Answers();
  /** As for fidelity: the first output that holds answers is the one that classifies. */
  #classifier = '';

  add(reference: Outputs, outputs: Outputs): void {
    for (const [name, expected] of Object.entries(reference)) {
      const actual = outputs[name];
      const [x, y] = [asFloats(expected), actual && asFloats(actual)];
      if (!actual || !x || !y || !/^(float|double)/.test(expected.dtype)) continue;
      if (expected.dims.join() !== actual.dims.join()) continue;
      const similarity = this.#similarities.get(name) ?? new Similarity();
      this.#similarities.set(name, similarity);
      similarity.add(x, y);
      if (this.#classifier && this.#classifier !== name) continue;
      this.#answers.add(expected, actual);
      if (this.#answers.agreement !== null) this.#classifier = name;
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
    return this.#answers.agreement;
  }

  get divergence(): number | null {
    return this.#answers.divergence;
  }
}
