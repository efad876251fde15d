/** What a search may cost in accuracy, size and time, and what it is for. */
import { LlmcError } from '../errors.ts';
import { isUnbounded, metricDrop } from '../report/metric-drop.ts';
import type { ModelRecord } from '../report/schema.ts';

export interface Budget {
  /** Of a share such as accuracy: points; of perplexity and its like: relative. Null: as little as possible. */
  readonly maxDrop: number | null;
  readonly maxBytes: number | null;
  readonly minSpeedup: number | null;
  /** Median milliseconds of a run on this machine. */
  readonly maxLatencyMs: number | null;
  /** Nobody asked for size alone: what is slower than the model itself, beyond noise, does not do. */
  readonly notSlower: boolean;
}

/** What is made as good as the budget allows. */
export type Goal = 'size' | 'speed' | 'balanced';

/** @throws LlmcError USAGE for what no model can meet */
export function refuseImpossible(budget: Budget, bytes: number): void {
  const refuse = (what: string, hint: string): never => {
    throw new LlmcError('USAGE', what, { hint });
  };
  const { maxDrop, maxBytes, minSpeedup, maxLatencyMs } = budget;
  if (maxDrop !== null && !(maxDrop >= 0 && maxDrop < 1))
    refuse(
      `--max-drop ${maxDrop * 100}% is no loss that means anything`,
      'give 0% to 99%, e.g. --max-drop 1%',
    );
  // A bit for every weight is what nothing here can do.
  if (maxBytes !== null && maxBytes < bytes / 32)
    refuse(
      `--max-size is less than a bit for every 32 the model has: ${maxBytes} of ${bytes} bytes`,
      'no scheme gets there; distil a smaller student with llmc distill',
    );
  if (minSpeedup !== null && !(minSpeedup > 0 && minSpeedup <= 100))
    refuse(`--min-speedup ${minSpeedup} cannot be met`, 'give a factor such as 1.5');
  if (maxLatencyMs !== null && !(maxLatencyMs > 0))
    refuse(`--max-latency ${maxLatencyMs} cannot be met`, 'give milliseconds above 0');
}

/** What was lost of what the model is for. */
export interface Loss {
  /** accuracy, perplexity, ...; agreement or error where nothing is labelled. */
  readonly of: string;
  /** Comparable with `Budget.maxDrop`. */
  readonly drop: number;
  /** One standard error of `drop`, from the rows whose answer changed or might have; 0 where that cannot be told. */
  readonly error: number;
}

/**
 * By a metric where there are labels, else by the answers that changed, else by the noise of the outputs.
 * @param metric the one that counts; null for the first there is
 */
export function lossOf(before: ModelRecord, after: ModelRecord, metric: string | null): Loss | null {
  const { fidelity } = after;
  const name = metric ?? Object.keys(before.metrics)[0];
  const rows = Math.max(1, fidelity?.answers ?? fidelity?.samples ?? 1);
  const changed =
    fidelity?.agreement == null ? null : Math.max(1 - fidelity.agreement, fidelity.closeCalls ?? 0, 1 / rows);
  const [a, b] = name === undefined ? [] : [before.metrics[name], after.metrics[name]];
  if (name !== undefined && a !== undefined && b !== undefined) {
    const drop = metricDrop(name, a, b);
    if (isUnbounded(name)) return { of: name, drop: a === 0 ? drop : drop / Math.abs(a), error: 0 };
    return { of: name, drop, error: changed === null ? 0 : Math.sqrt(changed / rows) };
  }
  if (!fidelity) return null;
  if (changed !== null)
    // Of few answers none may have changed by luck; how close the calls are tells more.
    return {
      of: 'agreement',
      drop: Math.max(1 - (fidelity.agreement ?? 1), fidelity.closeCalls ?? 0),
      error: Math.sqrt(changed / rows),
    };
  return { of: 'error', drop: fidelity.sqnrDb === null ? 0 : 10 ** (-fidelity.sqnrDb / 20), error: 0 };
}
