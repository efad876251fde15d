/** Where the time of a run goes: kernel times as onnxruntime's profiler tells them, by operator. */
import { z } from 'zod';
import { median } from '../numeric/statistics.ts';
import type { OperatorTime } from '../report/schema.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import type { ModelInputs } from '../runtime/inputs.ts';
import { about, type Subject } from './subject.ts';
import { engineOf, type Workplace } from './workplace.ts';

/** Profiled runs: as many as fit, within these bounds. */
const TIME_MS = 500;
const MOST_RUNS = 50;
const FEWEST_RUNS = 5;
const KERNEL = '_kernel_time';

const eventsSchema = z.array(
  z.looseObject({
    cat: z.string().optional(),
    name: z.string().optional(),
    dur: z.number().optional(),
    args: z.looseObject({ op_name: z.string().optional() }).optional(),
  }),
);

/** Milliseconds of a run by operator, after onnxruntime's own fusions. */
export type OperatorTimes = ReadonlyMap<string, number>;

/**
 * One entry per model. Nodes count with the median of their runs, so that neither the first run nor a disturbed one
 * weighs in.
 */
export async function profileModels(
  subjects: readonly Subject[],
  inputs: ModelInputs,
  context: Workplace,
): Promise<OperatorTimes[]> {
  const found: OperatorTimes[] = [];
  const progress = context.progress('profiling', subjects.length);
  for (const subject of subjects) {
    try {
      found.push(operatorTimes(await traceOf(subject.path, inputs, context)));
    } catch (error) {
      throw about(subject, error);
    }
    progress.tick();
  }
  progress.done();
  return found;
}

async function traceOf(
  path: string,
  inputs: ModelInputs,
  { threads, signal, ...place }: Workplace,
): Promise<unknown> {
  const session = await engineOf(place).open(path, { threads, profile: true });
  try {
    const adapt = feedAdapter(inputs.inputs, session.inputs);
    for await (const { feeds } of inputs.batches(1)) {
      const adapted = adapt(feeds);
      const begin = performance.now();
      for (let run = 0; run < MOST_RUNS; run++) {
        if (run >= FEWEST_RUNS && performance.now() - begin > TIME_MS) break;
        signal.throwIfAborted();
        await session.run(adapted);
      }
      break;
    }
    return JSON.parse(await session.endProfile());
  } finally {
    await session.release();
  }
}

/** Milliseconds of a run by name of the kernel, which onnxruntime makes of the names of nodes. */
export type KernelTimes = ReadonlyMap<string, { readonly op: string; readonly ms: number }>;

/** Kernel times of one model on its own. */
export async function profileKernels(
  path: string,
  inputs: ModelInputs,
  context: Workplace,
): Promise<KernelTimes> {
  return kernelTimes(await traceOf(path, inputs, context));
}

/** @param profile onnxruntime's trace: an event for each kernel of each run, durations in microseconds */
export function operatorTimes(profile: unknown): OperatorTimes {
  const sums = new Map<string, number>();
  for (const { op, ms } of kernelTimes(profile).values()) sums.set(op, (sums.get(op) ?? 0) + ms);
  return sums;
}

function kernelTimes(profile: unknown): KernelTimes {
  const nodes = new Map<string, { readonly op: string; readonly times: number[] }>();
  for (const { cat, name, dur, args } of eventsSchema.parse(profile)) {
    if (cat !== 'Node' || !name?.endsWith(KERNEL) || dur === undefined) continue;
    const node = nodes.get(name) ?? { op: args?.op_name ?? 'unknown', times: [] };
    node.times.push(dur / 1000);
    nodes.set(name, node);
  }
  return new Map(
    [...nodes].map(([name, { op, times }]) => [name.slice(0, -KERNEL.length), { op, ms: median(times) }]),
  );
}

/** Before and after, of every candidate, the dearest first. */
export function compareOperators(
  subjects: readonly Subject[],
  times: readonly OperatorTimes[],
): OperatorTime[] {
  const [before] = times;
  if (!before) return [];
  const lone = times.length === 1;
  const candidates = times.flatMap((after, index) => (index === 0 && !lone ? [] : [{ after, index }]));
  const entries = candidates.flatMap(({ after, index }) =>
    [...new Set([...before.keys(), ...after.keys()])].map((op): OperatorTime => {
      const of = (map: OperatorTimes) => map.get(op) ?? null;
      const model = times.length > 2 ? { model: subjects[index]?.name ?? '' } : {};
      return { op, ...model, beforeMs: of(before), afterMs: lone ? null : of(after) };
    }),
  );
  const dearest = ({ beforeMs, afterMs }: OperatorTime) => Math.max(beforeMs ?? 0, afterMs ?? 0);
  return entries.sort((a, b) => dearest(b) - dearest(a) || (a.op < b.op ? -1 : 1));
}
