/** Times loaded models on the chosen inputs and turns samples into a latency record. */
import { mean, quantile, sorted } from '../numeric/statistics.ts';
import type { Latency } from '../report/schema.ts';
import { formatMs } from '../report/units.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import type { Feeds } from '../runtime/feeds.ts';
import type { ModelInputs } from '../runtime/inputs.ts';
import type { Session } from '../runtime/session.ts';
import { clockResolution } from './clock.ts';
import type { Contestant, LatencyOptions } from './latency.ts';
import { latencyHistogram } from './latency-histogram.ts';
import type { Loaded } from './load.ts';
import { inSittings, type Stage } from './sittings.ts';
import { about, type Subject } from './subject.ts';
import { engineOf, type Workplace } from './workplace.ts';

export interface Timing {
  /** Milliseconds per run, in order. */
  readonly samples: Float64Array;
  /** Rows per run. */
  readonly rows: number;
  /** Runs that a sample is the mean of. */
  readonly runsPerSample: number;
}

/** Different inputs taken in turn, so that no model profits from one lucky input. */
const DISTINCT_FEEDS = 4;

/** Timings of all models: sample i of each comes from the same round and the same inputs. */
export interface Timings {
  /** One for each model. */
  readonly timings: readonly Timing[];
  /** The first round of each sitting. */
  readonly starts: readonly number[];
  /** How many inputs take turns. */
  readonly inputs: number;
}

/** Times what is loaded, and the same models opened again and again where that takes little time. */
export async function timeModels(
  subjects: readonly Subject[],
  loaded: readonly Loaded[],
  inputs: ModelInputs,
  options: Pick<LatencyOptions, 'runs' | 'timeMs' | 'warmup'>,
  context: Workplace,
): Promise<Timings> {
  const { feeds, rows } = await firstFeeds(inputs);
  const contestantOf = (session: Session, index: number): Contestant => {
    const subject = subjects[index] as Subject;
    try {
      const adapt = feedAdapter(inputs.inputs, session.inputs);
      const adapted = feeds.map(adapt);
      return (round) =>
        session.run(adapted[round % adapted.length] as Feeds).catch((error: unknown) => {
          throw about(subject, error);
        });
    } catch (error) {
      throw about(subject, error);
    }
  };
  const progress = context.progress('timing', 100);
  let shown = 0;
  const onProgress = (share: number) => {
    const percent = Math.floor(share * 100);
    if (percent > shown) progress.tick(percent - shown);
    shown = percent;
  };
  const resolution = clockResolution(() => performance.now());
  let opened: readonly Session[] = [];
  const stage: Stage = {
    contestants: loaded.map(({ session }, index) => contestantOf(session, index)),
    openMs: loaded.reduce((sum, { loadMs }) => sum + loadMs, 0),
    async again() {
      // The former ones are still there: the new ones cannot get their places.
      const former = opened;
      opened = await openAll(subjects, context);
      for (const session of former) await session.release();
      return opened.map(contestantOf);
    },
  };
  try {
    let runsPerSample = 1;
    const onShort = (runs: number) => {
      runsPerSample = Math.max(runsPerSample, runs);
    };
    const { signal } = context;
    const { samples, starts } = await inSittings(stage, {
      ...options,
      resolution,
      signal,
      onProgress,
      onShort,
    });
    if (runsPerSample > 1)
      context.note(
        `runs are so short that ${runsPerSample} were timed at once (the clock tells ${formatMs(resolution)} apart): percentiles are those of their means`,
      );
    return {
      timings: samples.map((list) => ({ samples: list, rows, runsPerSample })),
      starts,
      inputs: feeds.length,
    };
  } finally {
    for (const session of opened) await session.release();
    progress.done();
  }
}

async function openAll(
  subjects: readonly Subject[],
  { threads, signal, ...place }: Workplace,
): Promise<Session[]> {
  const sessions: Session[] = [];
  try {
    for (const { path } of subjects) {
      signal.throwIfAborted();
      // Beside others it would run as no server lets it; by itself it runs as servers do.
      sessions.push(await engineOf(place).open(path, { threads, spin: subjects.length === 1 }));
    }
    return sessions;
  } catch (error) {
    for (const session of sessions) await session.release();
    throw error;
  }
}

/** The first full batches; a smaller last batch would mix two workloads. */
async function firstFeeds(inputs: ModelInputs): Promise<{ feeds: Feeds[]; rows: number }> {
  const feeds: Feeds[] = [];
  let rows = 0;
  for await (const batch of inputs.batches()) {
    if (feeds.length === 0) rows = batch.size;
    if (batch.size !== rows) break;
    feeds.push(batch.feeds);
    if (feeds.length === DISTINCT_FEEDS) break;
  }
  return { feeds, rows };
}

/** Percentiles in milliseconds, and rows per second. */
export function latencyRecord({ samples, rows, runsPerSample }: Timing): {
  latencyMs: Latency;
  throughput: number | null;
} {
  const ascending = sorted(samples);
  const average = mean(samples);
  const latencyMs = {
    p50: quantile(ascending, 0.5),
    p90: quantile(ascending, 0.9),
    p95: quantile(ascending, 0.95),
    p99: quantile(ascending, 0.99),
    mean: average,
    min: ascending[0] as number,
    max: ascending.at(-1) as number,
    samples: ascending.length,
    ...(runsPerSample > 1 ? { runsPerSample } : {}),
    histogram: latencyHistogram(ascending),
  };
  return { latencyMs, throughput: average > 0 ? (rows * 1000) / average : null };
}
