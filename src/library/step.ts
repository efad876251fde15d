/** A single step from file to file: what made the result is written into it, what came of it is a report. */
import { HashIndex } from '../cache/hash-index.ts';
import { LlmcError } from '../errors.ts';
import { type GivenOptions, rawValues } from '../options/given.ts';
import { type RawValues, readOptions } from '../options/option.ts';
import { provenanceFor } from '../recipe/provenance.ts';
import { surroundingsOf } from '../recipe/surroundings.ts';
import { adviceFor } from '../report/advice.ts';
import { parseRequirement } from '../report/require.ts';
import { evaluate } from '../report/require-judge.ts';
import type { Report } from '../report/schema.ts';
import { environment } from '../runtime/environment.ts';
import type { Context } from '../step.ts';
import type { convertOptions } from '../steps/convert.options.ts';
import type { distillOptions } from '../steps/distill.options.ts';
import type { pruneOptions } from '../steps/prune.options.ts';
import type { quantizeOptions } from '../steps/quantize.options.ts';
import type { StepJob, StepResult } from '../steps/step.ts';
import { type StepEntry, stepNamed } from '../steps/table.ts';
import { contextOf } from './context.ts';
import { tool } from './version.ts';

/** Options of the steps that make a model, named as in `llmc STEP --help`, without dashes: `blockSize`. */
export interface StepOptions {
  readonly quantize: GivenOptions<typeof quantizeOptions>;
  readonly prune: GivenOptions<typeof pruneOptions>;
  readonly distill: GivenOptions<typeof distillOptions>;
  readonly convert: GivenOptions<typeof convertOptions>;
}

export interface StepFiles {
  /** The model; of distill the teacher. */
  readonly input: string;
  readonly output: string;
  /** Write over what is there, and keep results that fell apart; default false. */
  readonly force?: boolean;
  /** Put SHA-256 of both files into the report; default false. */
  readonly checksum?: boolean;
  /** What must hold of the result, e.g. `size.ratio <= 0.5`; see `passed` in the requirements of the report. */
  readonly require?: readonly string[];
}

/**
 * Does one step, checks the result and says what came of it: `llmc quantize`, `prune`, `distill` and `convert` as
 * functions. Nothing is written when it fails or is stopped.
 * @throws LlmcError USAGE for options that do not exist or contradict each other, FILE_NOT_FOUND, FILE_EXISTS,
 * CHECK_FAILED when the result fell apart; the reason of `context.signal` when it was stopped
 */
export async function runStep<S extends keyof StepOptions>(
  step: S,
  files: StepFiles,
  options: StepOptions[S] = {},
  context: Context = contextOf(),
): Promise<Report> {
  const entry = stepNamed(step);
  if (!entry?.load)
    throw new LlmcError('USAGE', `there is no step "${step}"`, {
      hint: 'steps are quantize, prune, distill and convert',
    });
  const given = rawValues(entry.options, options);
  const values = readOptions(entry.options, given);
  const { run } = await entry.load();
  const { input, output, force = false, checksum = false, require = [] } = files;
  const requirements = require.map(parseRequirement);
  const result = await run(
    values,
    {
      ...{ input, output, force, checksum },
      ...{ original: input, masked: false, labels: false, checkpoint: null },
      metadata: historyOf(entry, input, given, context),
    },
    context,
  );
  const report = await stepReport(step, result, context);
  return { ...report, requirements: requirements.map((each) => evaluate(each, report)) };
}

/** The report of a finished step, with nothing required yet. */
export async function stepReport(
  command: string,
  { data, models, comparison, steps }: StepResult,
  context: Context,
): Promise<Report> {
  const report: Report = {
    version: 1,
    tool: tool(),
    command,
    environment: await environment(context.threads),
    data,
    models: [...models],
    comparisons: [comparison],
    steps: [...steps],
    requirements: [],
    warnings: [],
  };
  const suggestions = adviceFor(report);
  return suggestions.length > 0 ? { ...report, suggestions } : report;
}

/** Files are read while the step works; digests of inputs that cannot be read come to the step's own error. */
export function historyOf(
  step: StepEntry,
  input: string,
  given: RawValues,
  context: Context,
): StepJob['metadata'] {
  const index = new HashIndex(null);
  const reading = index.digest(input).catch(() => '');
  return async (decided) => {
    await reading;
    const surroundings = await surroundingsOf(tool().version, context);
    return await provenanceFor(input, [{ step, given: { ...given, ...decided } }], surroundings, index);
  };
}
