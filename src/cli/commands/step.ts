/** What all commands that make a model of a model do around their step: job, provenance, report, last line. */
import { historyOf, stepReport } from '../../library/step.ts';
import type { RawValues } from '../../options/option.ts';
import type { StepJob, StepResult } from '../../steps/step.ts';
import { stepNamed } from '../../steps/table.ts';
import type { CommandIo } from '../io.ts';

interface StepRun {
  readonly input: string;
  readonly output: string;
  readonly labels: boolean;
  /** Name of the step; null where the result is the same model again, and nothing is written into it. */
  readonly step: string | null;
  /** Options as they were typed. */
  readonly given: RawValues;
}

/** @param command as the report names it */
export async function runStep(
  command: string,
  { input, output, labels, step, given }: StepRun,
  perform: (job: StepJob) => Promise<StepResult>,
  io: CommandIo,
): Promise<number> {
  const { json, report: reports, force, quiet } = io.common;
  const entry = step === null ? undefined : stepNamed(step);
  const result = await perform({
    input,
    output,
    original: input,
    masked: false,
    force,
    checksum: json || reports.length > 0,
    labels,
    checkpoint: null,
    metadata: entry ? historyOf(entry, input, given, io.context) : async () => new Map(),
  });
  const report = await stepReport(command, result, io.context);
  const code = await io.finish(report);
  if (!json && !quiet) io.stderr(`wrote ${result.files.join(', ')}\n`);
  return code;
}
