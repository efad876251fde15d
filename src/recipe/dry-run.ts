/** What a run of a recipe would do, and what of it is done already. */
import { relative } from 'node:path';
import type { Context } from '../step.ts';
import { findDone, leavesMask, refuseContradictions, type Workshop } from './execute.ts';
import type { PlannedStep } from './plan.ts';
import type { RecipeJob } from './run.ts';
import { surroundingsOf } from './surroundings.ts';

interface ShownStep {
  readonly step: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly done: boolean;
}

interface ShownOutput {
  readonly path: string;
  readonly steps: readonly ShownStep[];
  readonly require: readonly string[];
}

export interface DryRun {
  readonly document: { readonly model: string; readonly outputs: readonly ShownOutput[] };
  readonly text: string;
}

/** Nothing is run; after the first step that is not done, nothing can be known of later ones. */
export async function dryRun(job: RecipeJob, context: Context): Promise<DryRun> {
  const { plan, store, index, version, force } = job;
  await refuseContradictions(plan);
  const inRun = { ...context, seed: plan.seed ?? context.seed, threads: plan.threads ?? context.threads };
  const surroundings = await surroundingsOf(version, inRun);
  const shop: Workshop = { store, index, surroundings, original: plan.model, force };
  const outputs: ShownOutput[] = [];
  for (const { path, steps, requirements } of plan.outputs) {
    const all = [...plan.requirements, ...requirements];
    outputs.push({ path, steps: await look(steps, shop), require: all.map(({ expression }) => expression) });
  }
  index.save();
  const document = { model: plan.model, outputs };
  return { document, text: lines(document).join('\n').concat('\n') };
}

async function look(steps: readonly PlannedStep[], shop: Workshop): Promise<ShownStep[]> {
  const shown: ShownStep[] = [];
  let input: string | null = shop.original;
  let masked = false;
  for (const planned of steps) {
    const { step, given } = planned;
    const done: Awaited<ReturnType<typeof findDone>> =
      input === null || step.load === null ? null : await findDone({ planned, input, masked }, shop);
    if (step.load !== null) input = done?.path ?? null;
    masked ||= leavesMask(planned);
    shown.push({ step: step.name, options: given, done: done !== null });
  }
  return shown;
}

function lines({ model, outputs }: DryRun['document']): string[] {
  const near = (text: string): string => {
    const short = relative('.', text);
    return short !== '' && short.length < text.length ? short : text;
  };
  return outputs.flatMap(({ path, steps, require }) => [
    `${near(model)} -> ${near(path)}`,
    ...steps.map(({ step, options, done }) => {
      const said = Object.entries(options).map(
        ([name, value]) => `${name}=${[value].flat().map(String).join(',')}`,
      );
      return `  ${done ? 'done ' : 'to do'}  ${[step, ...said].join(' ')}`;
    }),
    ...require.map((expression) => `  then   ${expression}`),
  ]);
}
