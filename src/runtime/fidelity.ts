/** Measures how close a model's outputs are to the baseline's, batch by batch, without keeping any. */
import { asFloats } from '../data/cast.ts';
import type { HostTensor } from '../data/host-tensor.ts';
import type { ValueInfo } from '../data/value-info.ts';
import { Similarity } from '../numeric/similarity.ts';
import type { Fidelity } from '../report/schema.ts';
import { pairNames } from './adapt.ts';
import { Answers } from './answers.ts';
import type { Feeds } from './feeds.ts';

type Outputs = Readonly<Record<string, HostTensor>>;

interface OutputMeter {
  readonly baseline: string;
  readonly candidate: string;
  readonly similarity: Similarity;
  readonly answers: Answers;
  readonly float: boolean;
}

/** Compares one candidate with the baseline. */
export class FidelityMeter {
  readonly #meters: OutputMeter[];
  readonly #differing = new Map<string, string>();
  #rows = 0;

  /** The outputs of both models as their sessions state them; paired by name, else by position. */
  constructor(baseline: readonly ValueInfo[], candidate: readonly ValueInfo[]) {
    const types = new Map(baseline.map(({ name, dtype }) => [name, dtype]));
    this.#meters = pairNames(baseline, candidate)
      .filter(([ours]) => types.get(ours) !== 'non-tensor' && types.get(ours) !== 'string')
      .map(([ours, theirs]) => ({
        baseline: ours,
        candidate: theirs,
        similarity: new Similarity(),
        answers: new Answers(),
        float: /^(b?float|double)/.test(types.get(ours) ?? ''),
      }));
  }

  /**
   * Adds the outputs of one batch of `rows` rows, computed from the same inputs.
   * @param feeds the baseline's: a mask among them says which positions are answers
   */
  add(baseline: Outputs, candidate: Outputs, rows: number, feeds: Feeds = {}): void {
    this.#rows += rows;
    for (const meter of this.#meters) {
      const reference = baseline[meter.baseline];
      const other = candidate[meter.candidate];
      if (reference === undefined || other === undefined) continue;
      if (reference.dims.join() !== other.dims.join()) {
        this.#differing.set(meter.baseline, `[${reference.dims}] against [${other.dims}]`);
        continue;
      }
      const a = asFloats(reference);
      const b = asFloats(other);
      if (a === null || b === null) continue;
      meter.similarity.add(a, b);
      meter.answers.add(reference, other, feeds);
    }
  }

  /** Outputs left out because their shapes differ, with both shapes. */
  get differing(): ReadonlyMap<string, string> {
    return this.#differing;
  }

  /** Outputs of which both models make NaN somewhere, with the share of such elements. */
  get withoutNumbers(): ReadonlyMap<string, number> {
    return new Map(
      this.#meters.flatMap(({ baseline, similarity }) =>
        similarity.nan > 0 ? [[baseline, similarity.nan / similarity.count] as const] : [],
      ),
    );
  }

  /**
   * The record; null when no output could be compared, as those that are nothing but NaN. SQNR, cosine and error are those of the worst float output
   * (of any output when none is float); agreement and divergence are those of the first output
   * that holds answers, scores before class numbers.
   */
  result(against: string, synthetic: boolean): Fidelity | null {
    const compared = this.#meters.filter(({ similarity }) => similarity.count > 0 && similarity.isComparable);
    const floats = compared.filter((meter) => meter.float);
    const judged = floats.length > 0 ? floats : compared;
    if (judged.length === 0) return null;
    const answers = [...floats, ...compared].find((meter) => meter.answers.agreement !== null)?.answers;
    const kl = answers?.divergence ?? null;
    return {
      against,
      sqnrDb: worst(judged.map((meter) => meter.similarity.sqnrDb)),
      cosine: worst(judged.map((meter) => meter.similarity.cosine)),
      maxAbsError: Math.max(...judged.map((meter) => meter.similarity.maxAbsError)),
      agreement: answers?.agreement ?? null,
      ...(answers ? { answers: answers.count } : {}),
      ...(answers && answers.closeCalls !== null ? { closeCalls: answers.closeCalls } : {}),
      // JSON has no number for infinity.
      kl: kl === null ? null : Math.min(kl, Number.MAX_VALUE),
      samples: this.#rows,
      synthetic,
      outputs: Object.fromEntries(
        compared.map(({ baseline, similarity }) => {
          const { sqnrDb, cosine, maxAbsError } = similarity;
          return [baseline, { sqnrDb, cosine, maxAbsError }];
        }),
      ),
    };
  }
}

/** One line for each output that the baseline makes NaN of. */
export function nanWarnings(meter: FidelityMeter): string[] {
  return [...meter.withoutNumbers].map(
    ([name, share]) =>
      `${share === 1 ? 'all' : `${(100 * share).toPrecision(2)} %`} of the output '${name}' is NaN in both models, which says nothing about how alike they are; the input model or the data is at fault`,
  );
}

/** The smallest value; null (equal outputs) counts as the best. */
function worst(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? null : Math.min(...numbers);
}
