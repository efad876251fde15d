/** Scores a model's outputs against labels with the metrics that fit them. */
import { elementCount, type HostTensor } from '../host-tensor.ts';
import type { WholeScore } from './metric.ts';
import { AUTOMATIC, type Wanted } from './wanted.ts';

type Outputs = Readonly<Record<string, HostTensor>>;

/** One model's scores. Each metric takes the first output that fits, and stays with it. */
export class ScoreBoard {
  readonly #chosen = new Map<string, WholeScore>();

  readonly #wanted: readonly Wanted[];

  /** @param wanted by default all that are computed unasked */
  constructor(wanted: readonly Wanted[] = AUTOMATIC) {
    this.#wanted = wanted;
  }

  /** Adds one batch; outputs must hold the same rows as `labels` (see `keepRows`). */
  add(outputs: Outputs, labels: HostTensor): void {
    for (const wanted of this.#wanted) {
      const { name } = wanted.metric;
      const score = this.#chosen.get(name) ?? begun(wanted, outputs, labels);
      if (!score) continue;
      this.#chosen.set(name, score);
      score.add(outputs, labels);
    }
  }

  /** Forgets everything added. */
  clear(): void {
    this.#chosen.clear();
  }

  /** Metric name to value; empty when no output fits the labels. */
  values(): Record<string, number> {
    const values: Record<string, number> = {};
    for (const [name, score] of this.#chosen) {
      const value = score.value();
      if (value !== null) values[name] = value;
    }
    return values;
  }
}

/** The score of the first output that fits; null when none does. */
function begun({ metric, parameters }: Wanted, outputs: Outputs, labels: HostTensor): WholeScore | null {
  if (metric.beginWhole) return metric.beginWhole();
  const name = Object.keys(outputs).find((each) => metric.fits(outputs[each] as HostTensor, labels));
  if (name === undefined) return null;
  const score = metric.begin(parameters);
  return {
    add: (found, wanted) => {
      const output = found[name];
      if (output !== undefined) score.add(output, wanted);
    },
    value: () => score.value(),
  };
}

/** The outputs without the rows that only repeat the last one, of `padded` rows in the feed. */
export function keepRows(outputs: Outputs, rows: number, padded: number): Outputs {
  if (rows === padded) return outputs;
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, cut(tensor, rows, padded)]),
  );
}

function cut(tensor: HostTensor, rows: number, padded: number): HostTensor {
  const [leading] = tensor.dims;
  // Axis 0 may also count things per row (tokens of a flattened batch): then it is a multiple of the rows.
  if (leading === undefined || padded === 0 || leading === 0 || leading % padded !== 0) return tensor;
  const kept = (leading / padded) * rows;
  const dims = [kept, ...tensor.dims.slice(1)];
  const length = elementCount(dims);
  const { data, dtype } = tensor;
  return { dtype, dims, data: Array.isArray(data) ? data.slice(0, length) : data.subarray(0, length) };
}
