/** Metrics that were asked for, tried on the first batch: one that suits no output is refused before anything is timed. */
import { keepRows } from '../data/metrics/score-board.ts';
import type { Wanted } from '../data/metrics/wanted.ts';
import { LlmcError } from '../errors.ts';
import type { ModelInputs } from '../runtime/inputs.ts';
import type { Loaded } from './load.ts';
import { about, type Subject } from './subject.ts';

/** @throws LlmcError DATA for metrics that no output of the baseline suits, or where there are no labels */
export async function requireScorable(
  subject: Subject,
  { session }: Loaded,
  inputs: ModelInputs,
  wanted: readonly Wanted[],
): Promise<void> {
  if (!inputs.hasLabels) refuse(wanted);
  for await (const { feeds, size, padded, labels } of inputs.batches()) {
    const raw = await session.run(feeds).catch((error: unknown) => {
      throw about(subject, error);
    });
    const outputs = Object.values(keepRows(raw, size, padded));
    // Whether there will be a value is another question: a batch may hold one class only, or none that counts.
    const suits = ({ metric }: Wanted) =>
      metric.beginWhole !== undefined || (labels && outputs.some((output) => metric.fits(output, labels)));
    refuse(wanted.filter((each) => !suits(each)));
    return;
  }
}

/** What was asked for must be there, or a gate would pass that judged nothing. */
export function refuse(missing: readonly Wanted[]): void {
  if (missing.length === 0) return;
  const names = missing.map(({ metric }) => `${metric.name} (${metric.summary})`).join(', ');
  throw new LlmcError('DATA', `no output suits the labels for ${names}`, {
    hint: 'compare the shapes of outputs (llmc inspect) and labels, or leave the metric out',
  });
}
