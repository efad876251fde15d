/** Runs one step of a recipe, or takes its result from earlier runs. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HashIndex } from '../cache/hash-index.ts';
import type { Store } from '../cache/store.ts';
import { isMask } from '../prune/structures.ts';
import type { Context } from '../step.ts';
import { inputsOf, modelDigest, sha256Of } from './inputs.ts';
import { type Done, type Kept, readKept } from './kept.ts';
import { placed } from './located.ts';
import type { Plan, PlannedStep } from './plan.ts';
import type { Surroundings } from './surroundings.ts';

/** What all steps of a run share. */
export interface Workshop {
  readonly store: Store;
  readonly index: HashIndex;
  readonly surroundings: Surroundings;
  /** The model the recipe begins with. */
  readonly original: string;
  /** Keep results that fell apart. */
  readonly force: boolean;
}

export interface StepOutcome extends Done {
  /** True when an earlier run did it. */
  readonly reused: boolean;
}

/** A step with the model it is done to. */
export interface Task {
  readonly planned: PlannedStep;
  readonly input: string;
  readonly masked: boolean;
}

/** Whether later trainings must keep zeros: after masks they must. */
export function leavesMask({ step, options }: PlannedStep): boolean {
  const { structure } = options as { readonly structure?: unknown };
  return step.name === 'prune' && typeof structure === 'string' && isMask(structure);
}

/** Null when the result cannot be told by its inputs, or they cannot be read. */
export async function keyOf({ planned, input, masked }: Task, shop: Workshop): Promise<string | null> {
  const { step, given } = planned;
  const options = await inputsOf(step.options, given, shop.index);
  if (options === null) return null;
  const original = step.taught ? await modelDigest(shop.original, shop.index) : null;
  const model = await modelDigest(input, shop.index);
  return sha256Of({ step: step.name, options, model, original, masked, ...shop.surroundings });
}

/** The finished step when an earlier run did it. */
export async function findDone(task: Task, shop: Workshop): Promise<Done | null> {
  const key = await keyOf(task, shop);
  const entry = key === null ? null : shop.store.find(key);
  const done = entry && (await readKept(entry, shop.index));
  // What is not what it was would be in the way of what is made anew.
  if (entry && !done) shop.store.forget(entry.key);
  return done;
}

/**
 * What can be told of the options alone is told before the first step is done.
 * @throws LlmcError USAGE, with the place of the entry
 */
export async function refuseContradictions(plan: Plan): Promise<void> {
  for (const { step, options, place } of plan.outputs.flatMap(({ steps }) => steps)) {
    const module = await step.load?.();
    try {
      module?.refuse?.(options);
    } catch (error) {
      throw placed(place, error);
    }
  }
}

/** @throws what the step throws, with the place of its entry */
export async function execute(task: Task, shop: Workshop, context: Context): Promise<StepOutcome> {
  const found = await findDone(task, shop);
  if (found) {
    for (const warning of found.kept.warnings) context.warn(warning);
    return { ...found, reused: true };
  }
  try {
    return { ...(await perform(task, shop, context)), reused: false };
  } catch (error) {
    throw placed(task.planned.place, error);
  }
}

async function perform(task: Task, shop: Workshop, context: Context): Promise<Done> {
  const { planned, input, masked } = task;
  const { step, options } = planned;
  if (!step.load) throw new Error(`${step.name} makes no model`);
  const key = await keyOf(task, shop);
  const { run } = await step.load();
  const heard: { notes: string[]; warnings: string[] } = { notes: [], warnings: [] };
  const checkpoint = key === null ? null : shop.store.unfinished(key);
  const entry = await shop.store.keep(
    async (folder): Promise<Kept> => {
      const file = `${step.name}.onnx`;
      const job = {
        input,
        output: join(folder, file),
        original: shop.original,
        masked,
        force: shop.force,
        checksum: false,
        labels: false,
        metadata: async () => new Map<string, string>(),
        checkpoint,
      };
      const { steps, decided } = await run(options, job, listening(context, heard));
      const digest = await modelDigest(job.output, shop.index);
      return { version: 1, step: step.name, file, digest, steps: [...steps], decided, ...heard };
    },
    // Asked again: a step may write what it reads the next time, such as a calibration table.
    async () => (await keyOf(task, shop)) ?? sha256Of({ once: randomUUID() }),
  );
  if (checkpoint !== null) rmSync(checkpoint, { recursive: true, force: true });
  const done = await readKept(entry, shop.index);
  if (!done) throw new Error('what has just been kept can be read');
  return done;
}

/** The context, with what is said written down: whoever gets the result from the cache hears it, too. */
function listening(context: Context, heard: { notes: string[]; warnings: string[] }): Context {
  return {
    ...context,
    note: (text) => {
      heard.notes.push(text);
      context.note(text);
    },
    warn: (text) => {
      heard.warnings.push(text);
      context.warn(text);
    },
  };
}
