/** The measurement at the end of a recipe: the first model, marked ones and all results, side by side. */
import { z } from 'zod';
import { type BenchResult, bench } from '../bench/bench.ts';
import type { HashIndex } from '../cache/hash-index.ts';
import type { Store } from '../cache/store.ts';
import { compareModels } from '../compare/compare.ts';
import { type OptionValues, readOptions } from '../options/option.ts';
import { type Report, reportSchema } from '../report/schema.ts';
import { environment } from '../runtime/environment.ts';
import type { Context } from '../step.ts';
import { benchOptions } from '../steps/bench.options.ts';
import { benchRequest } from '../steps/bench.ts';
import type { compareOptions } from '../steps/compare.options.ts';
import { inputsOf, modelDigest, sha256Of } from './inputs.ts';
import { placed } from './located.ts';
import type { Plan, PlannedStep } from './plan.ts';
import type { Surroundings } from './surroundings.ts';

const measuredSchema = reportSchema
  .pick({
    environment: true,
    data: true,
    models: true,
    comparisons: true,
    operators: true,
    capacity: true,
    sweep: true,
    layers: true,
    suggestions: true,
  })
  .extend({ warnings: z.array(z.string()) });

/** The parts of a report that a measurement fills. */
export type Measured = z.output<typeof measuredSchema>;

export interface MeasureJob {
  readonly plan: Plan;
  readonly outputs: readonly string[];
  /** Models in between that are measured, too. */
  readonly marked: readonly string[];
  readonly store: Store;
  readonly index: HashIndex;
  readonly labels: boolean;
}

/** Measures, or takes the measurement of an earlier run of the same models on the same machine. */
export async function measure(
  job: MeasureJob,
  surroundings: Surroundings,
  context: Context,
): Promise<Measured> {
  const { plan, store } = job;
  const options = plan.bench?.options ?? readOptions(benchOptions, evalData(plan));
  const paths = [plan.model, ...job.marked, ...job.outputs];
  const compare = lastCompare(plan);
  const key = await keyOf(job, paths, compare, surroundings);
  const known = key === null ? null : measuredSchema.safeParse(store.find(key)?.about);
  if (known?.success) {
    context.note('measured by an earlier run');
    return known.data;
  }
  const warnings: string[] = [];
  const listening: Context = {
    ...context,
    warn: (text) => {
      warnings.push(text);
      context.warn(text);
    },
  };
  const request = benchRequest(options as OptionValues<typeof benchOptions>, job.labels, context);
  const result: BenchResult = await bench(paths, request, listening).catch((error: unknown) => {
    throw plan.bench ? placed(plan.bench.place, error) : error;
  });
  const layers = compare ? await compared(compare, plan.model, job.outputs, listening) : {};
  const measured: Measured = { ...result, ...layers, warnings };
  if (key !== null)
    await store.keep(
      async () => measured,
      async () => key,
    );
  return measured;
}

function evalData({ data }: Plan): Record<string, string> {
  const text = data.eval ?? data.validation;
  return text === undefined ? {} : { data: text };
}

function lastCompare({ outputs }: Plan): PlannedStep | null {
  return outputs.flatMap(({ steps }) => steps).findLast(({ step }) => step.name === 'compare') ?? null;
}

async function compared(
  { options, place }: PlannedStep,
  model: string,
  outputs: readonly string[],
  context: Context,
): Promise<Pick<Report, 'layers' | 'suggestions'>> {
  const { samples, sort, dim, data } = options as OptionValues<typeof compareOptions>;
  const [last] = outputs.slice(-1);
  if (last === undefined) return {};
  try {
    const request = { samples, sort: sort ?? 'loss', dims: dim, ...(data === undefined ? {} : { data }) };
    const { layers, suggestions } = await compareModels([model, last], request, context);
    return { layers, suggestions };
  } catch (error) {
    throw placed(place, error);
  }
}

/** Times are of one machine, whole: a processor of another name has times of its own. */
async function keyOf(
  { plan, index, labels }: MeasureJob,
  paths: readonly string[],
  compare: PlannedStep | null,
  surroundings: Surroundings,
): Promise<string | null> {
  const options = await inputsOf(benchOptions, plan.bench?.given ?? evalData(plan), index);
  const more = compare ? await inputsOf(compare.step.options, compare.given, index) : {};
  if (options === null || more === null) return null;
  const models: string[] = [];
  for (const path of paths) models.push(await modelDigest(path, index));
  const { cpu, cores } = await environment();
  return sha256Of({ measured: paths, models, options, more, labels, cpu, cores, ...surroundings });
}
