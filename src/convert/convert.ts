/** convert: reader, passes and writer by themselves; the model computes the same afterwards. */
import { stat } from 'node:fs/promises';
import { LlmcError } from '../errors.ts';
import { type LayoutOptions, weightBytes } from '../onnx/layout.ts';
import { openModel } from '../onnx/read.ts';
import { requireTarget } from '../onnx/transaction.ts';
import { saveModel } from '../onnx/write.ts';
import { changeText, type Pass, type PassTrace, runPasses } from '../passes/pass.ts';
import { pipelines } from '../passes/table.ts';
import { upgradeOpset } from '../passes/upgrade-opset.ts';
import type { StepRecord } from '../report/schema.ts';
import { formatDb } from '../report/units.ts';
import { type CheckResult, checkModel, NOTHING_CHECKED } from '../runtime/check.ts';
import type { Metadata } from '../runtime/save-compared.ts';
import type { Context } from '../step.ts';

export interface ConvertJob {
  readonly input: string;
  readonly output: string;
  /** Run the verified passes. */
  readonly clean: boolean;
  /** Drop exporter metadata. */
  readonly strip: boolean;
  /** Upgrade ai.onnx to this version; null keeps it. */
  readonly opset: number | null;
  readonly check: 'full' | 'load' | 'none';
  readonly layout: Partial<LayoutOptions>;
  readonly force: boolean;
  /** Gives entries for the metadata of the result; default none. */
  readonly metadata?: Metadata;
}

export interface ConvertResult {
  readonly path: string;
  /** `path` and its data files. */
  readonly files: readonly string[];
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly step: StepRecord;
  readonly check: CheckResult;
}

/** Passes change rounding, not results: below this a pass has a bug. */
const EQUAL_DB = 60;

/**
 * Rewrites a model file.
 * @throws LlmcError for unreadable input, existing output, an opset that cannot be reached, or outputs that changed
 */
export async function convertFile(job: ConvertJob, context: Context): Promise<ConvertResult> {
  const started = performance.now();
  const { input, output } = job;
  const { model, externalFiles } = openModel(input);
  const target = { protect: [input, ...externalFiles], force: job.force };
  requireTarget(output, target);
  const bytesBefore = await totalSize([input, ...externalFiles]);
  const traces = await runPasses(model, passesOf(job, model.opset), context);
  let check: CheckResult | null = null;
  const progress = context.progress('writing', weightBytes(model));
  const saved = await saveModel(model, output, {
    ...job.layout,
    // "Auto" keeps weights outside where they were outside.
    externalData:
      job.layout.externalData === 'auto' && externalFiles.length > 0
        ? 'always'
        : (job.layout.externalData ?? 'auto'),
    ...target,
    metadata: await job.metadata?.(),
    signal: context.signal,
    onBytes: (count) => progress.tick(count),
    check: async (path) => {
      progress.done();
      // Rewriting alone copies bytes: loading it proves as much as running it.
      const level = job.check === 'full' && traces.length === 0 ? 'load' : job.check;
      const request = {
        level,
        data: undefined,
        samples: 4,
        dims: {},
        baselineBytes: bytesBefore,
        candidateBytes: weightBytes(model),
      };
      check = await checkModel(input, path, request, context);
      refuseChanged(check, job.force);
    },
  });
  progress.done();
  return {
    path: saved.path,
    files: saved.files,
    bytesBefore,
    bytesAfter: saved.byteLength,
    step: recordOf(job, traces, performance.now() - started),
    check: check ?? NOTHING_CHECKED,
  };
}

function passesOf(job: ConvertJob, opset: number): readonly Pass[] {
  if (job.opset !== null && job.opset < opset)
    throw new LlmcError('USAGE', `the model has opset ${opset}; going back to ${job.opset} is not possible`, {
      hint: 'export the model again with the older opset',
    });
  return [
    ...(job.opset !== null && job.opset > opset ? [upgradeOpset(job.opset)] : []),
    ...(job.clean ? pipelines.clean : []),
    ...(job.strip ? pipelines.strip : []),
  ];
}

function refuseChanged({ fidelity, nonFinite }: CheckResult, force: boolean): void {
  const sqnr = fidelity?.sqnrDb ?? Number.POSITIVE_INFINITY;
  if ((sqnr >= EQUAL_DB && nonFinite.length === 0) || force) return;
  const how =
    nonFinite.length > 0
      ? `NaN or infinities in ${nonFinite.map((name) => `"${name}"`).join(', ')}`
      : formatDb(sqnr);
  throw new LlmcError('CHECK_FAILED', `the rewritten model computes something else (${how})`, {
    hint: 'nothing was written; please report this model, and leave out --clean or --opset until then',
  });
}

function recordOf(job: ConvertJob, traces: readonly PassTrace[], durationMs: number): StepRecord {
  const { clean, strip, opset, layout } = job;
  return {
    name: 'convert',
    options: {
      ...(clean ? { clean } : {}),
      ...(strip ? { strip } : {}),
      ...(opset === null ? {} : { opset }),
      ...layout,
    },
    durationMs,
    changed: traces.flatMap((trace) =>
      trace.changes.map((change) => ({ what: trace.name, detail: changeText(change) })),
    ),
    skipped: traces.flatMap((trace) =>
      trace.kept.map(({ target, reason }) => ({ what: target, kind: 'node', bytes: 0, reason })),
    ),
    notes: [],
    passes: [],
  };
}

async function totalSize(files: readonly string[]): Promise<number> {
  let total = 0;
  for (const file of files) total += (await stat(file)).size;
  return total;
}
