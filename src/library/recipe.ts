/** A whole recipe for a program: planned, run, measured, judged. */
import { judgeOutputs } from '../recipe/judge.ts';
import { planRecipe } from '../recipe/plan.ts';
import { type RecipeResult, runRecipe } from '../recipe/run.ts';
import type { RecipeObject } from '../recipe/schema.ts';
import { asksForMetric } from '../report/require.ts';
import type { Report } from '../report/schema.ts';
import type { Context } from '../step.ts';
import { contextOf } from './context.ts';
import { tool } from './version.ts';
import { withStore } from './work-folder.ts';

/** Where finished steps are kept. */
export interface CacheOptions {
  /** Folder; false keeps nothing; default `LLMC_CACHE`, or where the system has such files. */
  readonly cache?: string | false;
  /** Most bytes that stay in it; default `LLMC_CACHE_SIZE`, or 10 GB. */
  readonly cacheBytes?: number;
}

export interface RecipeOptions extends CacheOptions {
  /** Values of variables, in place of those the recipe has. */
  readonly set?: Readonly<Record<string, string | number | boolean>>;
  /** Begin with this model. */
  readonly model?: string;
  /** Write the one result here. */
  readonly output?: string;
  /** Write over files that no recipe made, and keep results that fell apart; default false. */
  readonly force?: boolean;
}

export interface AppliedRecipe {
  /** Judged: `report.requirements` says what holds. */
  readonly report: Report;
  readonly outputs: RecipeResult['outputs'];
}

/**
 * `llmc run` as a function. Steps that are done already are not done again; a recipe that was stopped goes on.
 * @param recipe its file, or an object with what the file would hold; paths in an object start from the current folder
 * @throws LlmcError RECIPE with line and column, and what its steps throw; the reason of `context.signal`
 */
export async function applyRecipe(
  recipe: string | RecipeObject,
  options: RecipeOptions = {},
  context: Context = contextOf(),
): Promise<AppliedRecipe> {
  const { set = {}, model = null, output = null, force = false } = options;
  const values = new Map(Object.entries(set).map(([name, value]) => [name, String(value)]));
  const plan = planRecipe(recipe, { set: values, model, output });
  const required = [...plan.requirements, ...plan.outputs.flatMap(({ requirements }) => requirements)];
  const labels = required.some(asksForMetric);
  const { version } = tool();
  const { steps, outputs, ...measured } = await withCache(options, (store, index) =>
    runRecipe({ plan, store, index, version, force, labels }, context),
  );
  const made: Report = {
    version: 1,
    tool: tool(),
    command: `run ${plan.path}`.trim(),
    ...measured,
    steps: [...steps],
    requirements: [],
  };
  const paths = outputs.map(({ path }) => path);
  return { report: { ...made, requirements: judgeOutputs(plan, paths, made) }, outputs };
}

/** A store in the folder that was asked for, or in one that goes away. */
export function withCache<T>(
  { cache, cacheBytes }: CacheOptions,
  work: Parameters<typeof withStore<T>>[2],
): Promise<T> {
  const keeping = {
    keep: cache !== false,
    cache: cache === false ? undefined : cache,
    cacheSize: cacheBytes,
  };
  return withStore(keeping, { env: process.env }, work);
}
