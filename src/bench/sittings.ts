/** Times models in several sittings with newly opened sessions: where a model lies in memory makes it quicker or slower. */
import { type Contestant, interleave, type LatencyOptions } from './latency.ts';

/** Models that can be set up again. */
export interface Stage {
  readonly contestants: readonly Contestant[];
  /** Milliseconds that opening all of them took. */
  readonly openMs: number;
  /** The same models, opened once more; the former ones are given up. */
  again(): Promise<readonly Contestant[]>;
}

export interface Sittings {
  /** Milliseconds by model and round. */
  readonly samples: readonly Float64Array[];
  /** The first round of each sitting. */
  readonly starts: readonly number[];
}

/** Most sittings; more would take time from the runs. */
const MOST = 10;
/** Fewer say too little about how they differ: one long sitting then. */
const FEWEST = 8;
/** Rounds a sitting must have for its median to mean something. */
const ROUNDS = 6;
/** The share of the time that opening may take. */
const OPENING = 0.25;
const DEFAULT_TIME_MS = 2000;

export async function inSittings(stage: Stage, options: LatencyOptions): Promise<Sittings> {
  const { runs, timeMs = DEFAULT_TIME_MS, onProgress } = options;
  const clock = options.clock ?? (() => performance.now());
  const begin = clock();
  // A round for nothing tells how many there will be.
  for (const contestant of stage.contestants) await contestant(0);
  for (const contestant of stage.contestants) await contestant(1);
  const roundMs = Math.max((clock() - begin) / 2, 1e-3);
  const totalMs = runs === undefined ? timeMs * stage.contestants.length : runs * roundMs;
  const rounds = runs ?? totalMs / (2 * roundMs);
  const affordable = (OPENING * totalMs) / (stage.openMs + roundMs);
  const wanted = Math.floor(Math.min(MOST, rounds / ROUNDS, affordable));
  const count = wanted < FEWEST ? 1 : wanted;
  const starts: number[] = [];
  const found: number[][] = stage.contestants.map(() => []);
  for (let sitting = 0; sitting < count; sitting++) {
    const contestants = sitting === 0 ? stage.contestants : await stage.again();
    const first = found[0]?.length ?? 0;
    starts.push(first);
    const part = await interleave(contestants, {
      ...options,
      timeMs: timeMs / count,
      ...(runs === undefined ? {} : { runs: Math.ceil((runs - first) / (count - sitting)) }),
      onProgress: (share) => onProgress?.((sitting + share) / count),
    });
    for (const [index, list] of part.entries()) for (const sample of list) found[index]?.push(sample);
  }
  return { samples: found.map((list) => Float64Array.from(list)), starts };
}
