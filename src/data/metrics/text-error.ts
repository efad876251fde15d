/** Error rates of recognized text: edits that turn what was read into the labels, over the length of the labels. */
import { asFloats } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { argMax } from './classes.ts';
import { IGNORED_LABEL, type Metric, type Parameters, type Score } from './metric.ts';

/** Cuts a row of symbols into the units that are counted. */
type Units = (symbols: readonly number[], parameters: Parameters) => readonly string[];

/** @param parameters what the metric takes besides `blank`, the class that stands for no symbol */
export function textError(
  about: Pick<Metric, 'name' | 'summary'>,
  units: Units,
  parameters: Parameters,
): Metric {
  return {
    ...about,
    automatic: false,
    parameters: { blank: 0, ...parameters },
    fits: (output, labels) =>
      output.dims.length === 3 &&
      labels.dims.length === 2 &&
      output.dims[0] === labels.dims[0] &&
      output.dtype.startsWith('float') &&
      /int/.test(labels.dtype),
    begin: (given) => new TextError(units, given),
  };
}

class TextError implements Score {
  readonly #units: Units;
  readonly #parameters: Parameters;
  #edits = 0;
  #length = 0;

  constructor(units: Units, parameters: Parameters) {
    this.#units = units;
    this.#parameters = parameters;
  }

  add(output: HostTensor, labels: HostTensor): void {
    const scores = asFloats(output);
    if (scores === null) return;
    const [rows = 0, steps = 0, classes = 0] = output.dims;
    const width = labels.dims[1] ?? 0;
    for (let row = 0; row < rows; row++) {
      const read = decode(scores, row * steps * classes, steps, classes, this.#parameters['blank'] ?? 0);
      const wanted = Array.from({ length: width }, (_, at) => Number(labels.data[row * width + at]));
      const symbols = wanted.filter(
        (symbol) => symbol !== IGNORED_LABEL && symbol !== this.#parameters['blank'],
      );
      const [a, b] = [this.#units(read, this.#parameters), this.#units(symbols, this.#parameters)];
      this.#edits += editDistance(a, b);
      this.#length += b.length;
    }
  }

  value(): number | null {
    return this.#length === 0 ? null : this.#edits / this.#length;
  }
}

/** The likeliest symbol of each step, repeats joined, blanks left out (Graves et al. 2006, best path decoding). */
export function decode(
  scores: ArrayLike<number>,
  start: number,
  steps: number,
  classes: number,
  blank: number,
): number[] {
  const found: number[] = [];
  let last = blank;
  for (let step = 0; step < steps; step++) {
    const symbol = argMax(scores, start + step * classes, classes);
    if (symbol !== last && symbol !== blank) found.push(symbol);
    last = symbol;
  }
  return found;
}

/** Fewest insertions, deletions and substitutions (Levenshtein 1966). */
export function editDistance(a: readonly string[], b: readonly string[]): number {
  let above = Uint32Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [row, own] of a.entries()) {
    const next = new Uint32Array(b.length + 1);
    next[0] = row + 1;
    for (let at = 0; at < b.length; at++)
      next[at + 1] = Math.min(
        (next[at] as number) + 1,
        (above[at + 1] as number) + 1,
        (above[at] as number) + (own === b[at] ? 0 : 1),
      );
    above = next;
  }
  return above[b.length] as number;
}
