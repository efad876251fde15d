/** Makes a model again from what it says about itself, and compares the two byte by byte. */
import { basename, join } from 'node:path';
import type { HashIndex } from '../cache/hash-index.ts';
import type { Store } from '../cache/store.ts';
import { LlmcError } from '../errors.ts';
import { openModel } from '../onnx/read.ts';
import { saveModel } from '../onnx/write.ts';
import { attributeOf, type OptionTable, type RawValues, readOptions } from '../options/option.ts';
import type { Context } from '../step.ts';
import { layoutOf } from '../steps/step.ts';
import { type StepEntry, stepNamed } from '../steps/table.ts';
import { differences } from './differences.ts';
import { execute, leavesMask, type Workshop } from './execute.ts';
import { FoundInputs } from './found-inputs.ts';
import { modelDigest } from './inputs.ts';
import type { PlannedStep } from './plan.ts';
import { PLACES, PROVENANCE, type Provenance, provenanceOf } from './provenance.ts';
import { surroundingsOf } from './surroundings.ts';

export interface ReproduceJob {
  readonly file: string;
  /** Folders that are searched for the files it was made of, and below. */
  readonly folders: readonly string[];
  readonly store: Store;
  readonly index: HashIndex;
  /** Of llmc itself. */
  readonly version: string;
  /** Where to put what was made again; null for a place that goes away. */
  readonly output: string | null;
}

export interface Reproduced {
  readonly same: boolean;
  readonly made: Provenance;
  /** What is not as it was: versions, the machine. */
  readonly circumstances: readonly string[];
  /** Tensors and nodes that differ, the first few; none when the bytes are the same. */
  readonly differences: readonly string[];
}

/**
 * Makes a model again from what it says of itself, and compares the bytes.
 * @throws LlmcError USAGE for models that say nothing about themselves, FILE_NOT_FOUND for inputs that are nowhere with
 * the content they had, UNSUPPORTED where the history names code
 */
export async function reproduce(job: ReproduceJob, context: Context): Promise<Reproduced> {
  const { file, store, index } = job;
  const opened = openModel(file);
  const made = provenanceOf(opened.model);
  const text = opened.model.metadata.get(PROVENANCE);
  if (!made || text === undefined)
    throw new LlmcError('USAGE', `${file} does not say how it was made`, {
      hint: 'models that llmc quantize, prune, distil and run have written do',
    });
  const inputs = new FoundInputs(job.folders, store.folder, index);
  const model = await inputs.model(made.model.name, made.model.sha256);
  const planned = await Promise.all(made.steps.map((step) => planAgain(step, made, inputs)));
  const inRun: Context = { ...context, seed: made.seed, threads: made.threads };
  const surroundings = await surroundingsOf(job.version, inRun);
  const shop: Workshop = { store, index, surroundings, original: model, force: true };
  let [input, masked] = [model, false];
  for (const step of planned) {
    context.signal.throwIfAborted();
    input = (await execute({ planned: step, input, masked }, shop, inRun)).path;
    masked ||= leavesMask(step);
  }
  const output = job.output ?? join(store.folder, `again-${basename(file)}`);
  const layout = layoutOf(planned.at(-1)?.options as Parameters<typeof layoutOf>[0]);
  const again = openModel(input);
  await saveModel(again.model, output, {
    ...layout,
    ...(layout.externalData === 'auto' && again.externalFiles.length > 0
      ? { externalData: 'always' as const }
      : {}),
    metadata: new Map([[PROVENANCE, text]]),
    protect: [file, ...opened.externalFiles],
    force: job.output === null,
  });
  const same = await sameBytes(file, output, index);
  const machine = [surroundings.platform, ...surroundings.instructionSets].join(' ');
  const now = { llmc: job.version, onnxruntime: surroundings.onnxruntime, machine };
  return {
    same,
    made,
    circumstances: Object.entries(now).flatMap(([name, value]) => {
      const then = made[name as keyof typeof now];
      return then === value ? [] : [`${name} was ${then}, is ${value}`];
    }),
    differences: same ? [] : differences(opened.model, openModel(output).model),
  };
}

/** Names of data files differ where the models do; what they hold counts. */
async function sameBytes(a: string, b: string, index: HashIndex): Promise<boolean> {
  const [first, second] = [openModel(a).externalFiles, openModel(b).externalFiles];
  if (first.length !== second.length) return false;
  if (first.length === 0) return (await modelDigest(a, index)) === (await modelDigest(b, index));
  for (const [at, file] of first.entries())
    if ((await index.digest(file)) !== (await index.digest(second[at] ?? ''))) return false;
  return differences(openModel(a).model, openModel(b).model).length === 0;
}

async function planAgain(
  { step: name, options }: Provenance['steps'][number],
  { files }: Provenance,
  inputs: FoundInputs,
): Promise<PlannedStep> {
  const step = stepNamed(name);
  if (!step?.load)
    throw new LlmcError('UNSUPPORTED', `this version of llmc has no step "${name}"`, {
      hint: 'use the version it was made with',
    });
  const given: Record<string, unknown> = {};
  for (const [attribute, value] of Object.entries(options)) {
    // A history may come from anywhere, and it does not say where anything is written.
    if (PLACES.has(attribute)) continue;
    const completes = completesOf(step, attribute);
    const find = (text: string): Promise<string> => inputs.find(text, completes, files[text] ?? null);
    given[attribute] =
      typeof value === 'boolean'
        ? value
        : Array.isArray(value)
          ? await Promise.all(value.map(find))
          : await find(value);
  }
  const raw: RawValues = given;
  const place = { file: `the history of the model, ${name}`, line: 1, column: 1 };
  return { step, given: raw, options: readOptions<OptionTable>(step.options, raw), place };
}

function completesOf({ options }: StepEntry, attribute: string): string {
  const found = Object.values(options).find(({ forms }) =>
    forms.some((form) => attributeOf(form) === attribute),
  );
  return found?.completes ?? 'none';
}
