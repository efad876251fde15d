/** Sweeps: models against each other at several batch sizes, threads or sizes of symbolic dims. */
import { openDims } from '../data/dims.ts';
import { parseDataSpec } from '../data/open.ts';
import { LlmcError } from '../errors.ts';
import { seedFor } from '../random.ts';
import type { SweepPoint } from '../report/schema-bench.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import { type InputOptions, type ModelInputs, openInputs } from '../runtime/inputs.ts';
import type { Session } from '../runtime/session.ts';
import type { LatencyOptions } from './latency.ts';
import { loadAll } from './load.ts';
import { speedup } from './speedup.ts';
import { about, type Subject } from './subject.ts';
import { crossed, placeName, type SweepAxis, type SweepPlace } from './sweep-axes.ts';
import { latencyRecord, type Timings, timeModels } from './timing.ts';
import { engineOf, type Workplace } from './workplace.ts';

/** A point with what it takes to measure it. */
export interface SweepStop {
  readonly place: SweepPlace;
  readonly threads: number;
  readonly inputs: ModelInputs;
}

/** Milliseconds for each model at each point where nothing else was said. */
const DEFAULT_TIME_MS = 1000;
const THREADS = 'threads';
const BATCH = 'batch';

/**
 * Finds inputs for every point and runs every model on them once, so that a size which one of them does not take is
 * refused before anything is measured. LlmcError naming point and model.
 */
export async function planSweep(
  subjects: readonly Subject[],
  axes: readonly SweepAxis[],
  request: InputOptions,
  { threads, ...place }: Pick<Workplace, 'threads' | 'engine'>,
): Promise<SweepStop[]> {
  const sessions: Session[] = [];
  try {
    for (const subject of subjects)
      sessions.push(
        await engineOf(place)
          .open(subject.path, { threads })
          .catch((error: unknown) => {
            throw about(subject, error);
          }),
      );
    const dims = openDims((sessions[0] as Session).inputs).map(({ name }) => name);
    const known = new Map<string, ModelInputs>();
    const stops: SweepStop[] = [];
    for (const place of crossed(axes)) {
      const options = optionsAt(place, dims, request);
      // Points that differ in threads alone have the same inputs.
      const key = JSON.stringify([options.batch, options.dims]);
      const inputs = known.get(key) ?? (await tried(subjects, sessions, options, place));
      known.set(key, inputs);
      stops.push({ place, threads: place[THREADS] ?? threads, inputs });
    }
    return stops;
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** A symbolic dim of the model comes first; `batch` and `threads` are names where it has none of the kind. */
function optionsAt(place: SweepPlace, dims: readonly string[], request: InputOptions): InputOptions {
  const real = request.data !== undefined && parseDataSpec(request.data).kind !== 'synthetic';
  let options = request;
  for (const [name, size] of Object.entries(place)) {
    if (name === THREADS) continue;
    if (name === BATCH && (real || !dims.includes(BATCH))) {
      options = { ...options, batch: size };
      continue;
    }
    if (real)
      throw new LlmcError(
        'USAGE',
        `--sweep ${name} does not go with --data: its sizes are those of the data`,
        {
          hint: 'leave out --data, or sweep batch or threads',
        },
      );
    options = { ...options, dims: { ...options.dims, [name]: size } };
  }
  return options;
}

async function tried(
  subjects: readonly Subject[],
  sessions: readonly Session[],
  options: InputOptions,
  place: SweepPlace,
): Promise<ModelInputs> {
  let at = 0;
  try {
    const inputs = await openInputs(sessions[0] as Session, options);
    for await (const { feeds } of inputs.batches(1)) {
      for (at = 1; at < sessions.length; at++) {
        const session = sessions[at] as Session;
        await session.run(feedAdapter(inputs.inputs, session.inputs)(feeds));
      }
      break;
    }
    return inputs;
  } catch (error) {
    const named = about(subjects[at] as Subject, error);
    if (!(named instanceof LlmcError) || named.code === 'INTERRUPTED') throw named;
    const { code, message, hint, exitCode } = named;
    throw new LlmcError(code, `--sweep ${placeName(place)}: ${message}`, { hint, exitCode, cause: error });
  }
}

/** Times all models at every stop: sessions of their own, rounds and sittings as in the main measurement. */
export async function runSweep(
  subjects: readonly Subject[],
  stops: readonly SweepStop[],
  { timeMs = DEFAULT_TIME_MS, ...options }: Pick<LatencyOptions, 'runs' | 'timeMs' | 'warmup'>,
  context: Workplace,
): Promise<SweepPoint[]> {
  const progress = context.progress('sweep', stops.length);
  const points: SweepPoint[] = [];
  try {
    for (const { place, threads, inputs } of stops) {
      const own: Workplace = { ...context, threads, progress: () => ({ tick() {}, done() {} }) };
      const explain = (index: number, error: unknown) => about(subjects[index] as Subject, error);
      const paths = subjects.map(({ path }) => path);
      const loaded = await loadAll(paths, threads, explain, context.signal, engineOf(context));
      try {
        const timings = await timeModels(subjects, loaded, inputs, { ...options, timeMs }, own);
        points.push(pointOf(place, subjects, timings, context.seed));
      } finally {
        for (const { session } of loaded) await session.release();
      }
      progress.tick();
    }
    return points;
  } finally {
    progress.done();
  }
}

function pointOf(
  place: SweepPlace,
  subjects: readonly Subject[],
  { timings, ...rounds }: Timings,
  seed: number,
): SweepPoint {
  const [before] = timings;
  return {
    at: place,
    rows: before?.rows ?? 0,
    models: timings.map((timing, index) => {
      const name = subjects[index]?.name ?? '';
      const { latencyMs, throughput } = latencyRecord(timing);
      const own = seedFor(`${name} ${placeName(place)}`, seed);
      const ratio = index === 0 || !before ? null : speedup(before.samples, timing.samples, rounds, own);
      return { name, p50Ms: latencyMs.p50, p99Ms: latencyMs.p99, throughput, speedup: ratio };
    }),
  };
}
