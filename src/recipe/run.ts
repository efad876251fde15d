/** Runs a recipe: steps in order, results written with their provenance, everything measured together at the end. */
import { statSync } from 'node:fs';
import type { HashIndex } from '../cache/hash-index.ts';
import type { Store } from '../cache/store.ts';
import { pathsNamedBy } from '../data/spec-files.ts';
import { openModel } from '../onnx/read.ts';
import { requireTarget } from '../onnx/transaction.ts';
import { saveModel } from '../onnx/write.ts';
import type { StepRecord } from '../report/schema.ts';
import type { Context } from '../step.ts';
import { layoutOf } from '../steps/step.ts';
import { adviceOf, type Delivered } from './advice.ts';
import { execute, leavesMask, refuseContradictions, type StepOutcome, type Workshop } from './execute.ts';
import { modelDigest, sha256Of } from './inputs.ts';
import { placed } from './located.ts';
import { type Measured, measure } from './measure.ts';
import type { Plan, PlannedOutput, PlannedStep } from './plan.ts';
import { PROVENANCE, provenanceFor, provenanceOf } from './provenance.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';

export interface RecipeJob {
  readonly plan: Plan;
  readonly store: Store;
  readonly index: HashIndex;
  /** Of llmc itself. */
  readonly version: string;
  /** Write over files that no recipe made, and keep results that fell apart. */
  readonly force: boolean;
  /** Refuse data without labels: a requirement needs them. */
  readonly labels: boolean;
}

export interface RecipeResult extends Measured {
  readonly steps: readonly StepRecord[];
  /** Files of the results, in the order of the recipe. */
  readonly outputs: readonly (Delivered & { readonly unchanged: boolean })[];
}

/** What the steps of a recipe have made. */
export type Made = Pick<RecipeResult, 'steps' | 'outputs'> & {
  /** Models in between that are to be measured, too. */
  readonly marked: readonly string[];
  readonly surroundings: Surroundings;
};

/**
 * Does what a plan says and measures the results side by side with the model it began with.
 * @throws LlmcError as the steps do, with file, line and column of their entry; FILE_EXISTS for files that are in the
 * way and were not made by a recipe
 */
export async function runRecipe(job: RecipeJob, context: Context): Promise<RecipeResult> {
  const { plan, store, index, labels } = job;
  const { steps, outputs, marked, surroundings } = await makeOutputs(job, context);
  const paths = outputs.map(({ path }) => path);
  const request = { plan, outputs: paths, marked, store, index, labels };
  const measured = await measure(request, surroundings, settled(job.plan, context));
  index.save();
  const suggestions = [...(measured.suggestions ?? []), ...adviceOf(outputs, measured)];
  return { ...measured, ...(suggestions.length > 0 ? { suggestions } : {}), steps, outputs };
}

/** The steps and their results, without the measurement at the end. */
export async function makeOutputs(job: RecipeJob, context: Context): Promise<Made> {
  const { plan, store, index } = job;
  const inRun = settled(plan, context);
  await refuseContradictions(plan);
  for (const output of plan.outputs) requireFree(output, plan, job.force);
  const surroundings = await surroundingsOf(job.version, inRun);
  const shop: Workshop = { store, index, surroundings, original: plan.model, force: job.force };
  const records: StepRecord[] = [];
  const done = new Map<PlannedStep, StepOutcome>();
  const marked = new Set<string>();
  const outputs: RecipeResult['outputs'][number][] = [];
  try {
    for (const output of plan.outputs) {
      await perform(output, shop, { done, records, marked }, inRun);
      outputs.push(await deliver(output, done, shop, inRun));
    }
    return { steps: records, outputs, marked: [...marked], surroundings };
  } finally {
    index.save();
  }
}

/** A recipe may say with which seed and threads it is run. */
function settled({ seed, threads }: Plan, context: Context): Context {
  return { ...context, seed: seed ?? context.seed, threads: threads ?? context.threads };
}

interface Progressing {
  /** Steps that several outputs share are done once. */
  readonly done: Map<PlannedStep, StepOutcome>;
  readonly records: StepRecord[];
  /** Models in between that are to be measured, too. */
  readonly marked: Set<string>;
}

async function perform(
  { steps }: PlannedOutput,
  shop: Workshop,
  { done, records, marked }: Progressing,
  context: Context,
): Promise<void> {
  let last: StepOutcome | null = null;
  let masked = false;
  for (const [at, planned] of steps.entries()) {
    context.signal.throwIfAborted();
    const isLast = !steps.slice(at + 1).some(({ step }) => step.load !== null);
    if (planned.step.load === null) {
      if (planned.step.name === 'bench' && last && !isLast) marked.add(last.path);
      continue;
    }
    const earlier = done.get(planned);
    const outcome: StepOutcome =
      earlier ?? (await execute({ planned, input: last?.path ?? shop.original, masked }, shop, context));
    if (!earlier) {
      records.push(
        ...outcome.kept.steps.map((record) => (outcome.reused ? { ...record, reused: true } : record)),
      );
      context.note(`${planned.step.name}: ${outcome.reused ? 'as an earlier run left it' : 'done'}`);
      // What has been done is not lost when the next step fails.
      shop.index.save();
    }
    done.set(planned, outcome);
    masked ||= leavesMask(planned);
    last = outcome;
  }
}

/** A recipe may replace what a recipe has made, nothing else. */
function requireFree({ path, place }: PlannedOutput, plan: Plan, force: boolean): void {
  const replaceable = force || madeHere(path);
  try {
    requireTarget(path, {
      protect: [
        plan.model,
        ...openModel(plan.model).externalFiles,
        ...Object.values(plan.data).flatMap(pathsNamedBy),
      ],
      force: replaceable,
    });
  } catch (error) {
    throw placed(place, error);
  }
}

function madeHere(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  try {
    return provenanceOf(openModel(path).model) !== null;
  } catch {
    return false;
  }
}

/** Writes a result unless the file is there already, byte for byte. */
async function deliver(
  { path, steps, place }: PlannedOutput,
  done: ReadonlyMap<PlannedStep, StepOutcome>,
  { original, surroundings, index, store }: Workshop,
  context: Context,
): Promise<RecipeResult['outputs'][number]> {
  const makers = steps.filter(({ step }) => step.load !== null);
  const asked = makers.map((planned) => ({
    step: planned.step,
    given: { ...planned.given, ...done.get(planned)?.kept.decided },
  }));
  const metadata = await provenanceFor(original, asked, surroundings, index);
  const last = makers.at(-1);
  const source = last && done.get(last)?.path;
  if (source === undefined) throw new Error('a plan has steps');
  const layout = layoutOf(last?.options as Parameters<typeof layoutOf>[0]);
  const made = { path, made: makers.flatMap((planned) => done.get(planned)?.kept.steps ?? []) };
  const key = sha256Of({ delivered: await modelDigest(source, index), metadata: [...metadata], layout });
  const known = store.find(key)?.about;
  if (typeof known === 'string' && (await holds(path, metadata, known, index)))
    return { ...made, unchanged: true };
  const { model, externalFiles } = openModel(source);
  try {
    await saveModel(model, path, {
      ...layout,
      ...(layout.externalData === 'auto' && externalFiles.length > 0
        ? { externalData: 'always' as const }
        : {}),
      metadata,
      protect: [original],
      // What was in the way was looked at before the work began.
      force: true,
      signal: context.signal,
    });
  } catch (error) {
    throw placed(place, error);
  }
  const written = await modelDigest(path, index);
  await store.keep(
    async () => written,
    async () => key,
  );
  return { ...made, unchanged: false };
}

async function holds(
  path: string,
  metadata: ReadonlyMap<string, string>,
  digest: string,
  index: HashIndex,
): Promise<boolean> {
  try {
    if (openModel(path).model.metadata.get(PROVENANCE) !== metadata.get(PROVENANCE)) return false;
    return (await modelDigest(path, index)) === digest;
  } catch {
    return false;
  }
}
