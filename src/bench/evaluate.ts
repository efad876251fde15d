/** Runs all models over the data once: fidelity to the baseline, and metrics where there are labels. */
import type { HostTensor } from '../data/host-tensor.ts';
import { keepRows, ScoreBoard } from '../data/metrics/score-board.ts';
import { AUTOMATIC, type Wanted } from '../data/metrics/wanted.ts';
import type { Fidelity } from '../report/schema.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import { FidelityMeter, nanWarnings } from '../runtime/fidelity.ts';
import type { ModelInputs } from '../runtime/inputs.ts';
import type { Context } from '../step.ts';
import type { Loaded } from './load.ts';
import { refuse } from './scorable.ts';
import { about, type Subject } from './subject.ts';

export interface Quality {
  readonly metrics: Record<string, number>;
  readonly fidelity: Fidelity | null;
}

type Outputs = Readonly<Record<string, HostTensor>>;

/** One entry per model; the baseline itself has no fidelity. Nothing runs for a lone model without labels. */
export async function evaluate(
  subjects: readonly Subject[],
  loaded: readonly Loaded[],
  inputs: ModelInputs,
  wanted: readonly Wanted[],
  context: Context,
): Promise<Quality[]> {
  if (loaded.length === 1 && !inputs.hasLabels) return [{ metrics: {}, fidelity: null }];
  const [first] = loaded as [Loaded];
  const entries = loaded.map(({ session }, index) => ({
    subject: subjects[index] as Subject,
    session,
    adapt: feedAdapter(inputs.inputs, session.inputs),
    meter: index === 0 ? null : new FidelityMeter(first.session.outputs, session.outputs),
    board: new ScoreBoard(wanted),
  }));
  const progress = context.progress('comparing', inputs.rows);
  try {
    for await (const batch of inputs.batches()) {
      let reference: Outputs = {};
      for (const { subject, session, adapt, meter, board } of entries) {
        context.signal.throwIfAborted();
        const raw = await session.run(adapt(batch.feeds)).catch((error: unknown) => {
          throw about(subject, error);
        });
        const outputs = keepRows(raw, batch.size, batch.padded);
        if (meter === null) reference = outputs;
        else meter.add(reference, outputs, batch.size, batch.feeds);
        if (batch.labels !== undefined) board.add(outputs, batch.labels);
      }
      progress.tick(batch.size);
    }
  } finally {
    progress.done();
  }
  const [baseline] = entries;
  const values = baseline?.board.values() ?? {};
  if (wanted !== AUTOMATIC) refuse(wanted.filter(({ metric }) => !Object.hasOwn(values, metric.name)));
  if (inputs.hasLabels && Object.keys(baseline?.board.values() ?? {}).length === 0) {
    context.warn(
      `no output of ${baseline?.subject.name} has a shape that fits the labels: nothing was scored`,
    );
  }
  return entries.map(({ subject, meter, board }) => {
    for (const line of meter ? nanWarnings(meter) : []) context.warn(`${subject.name}: ${line}`);
    for (const [output, shapes] of meter?.differing ?? []) {
      context.warn(`${subject.name}: output "${output}" has another shape (${shapes}) and was not compared`);
    }
    const fidelity = meter?.result(baseline?.subject.name ?? '', inputs.synthetic) ?? null;
    return { metrics: board.values(), fidelity };
  });
}
