/** Opens the sessions of all models and times how long that takes. */
import { median } from '../numeric/statistics.ts';
import { type Engine, NATIVE } from '../runtime/engine.ts';
import type { Session } from '../runtime/session.ts';

export interface Loaded {
  readonly session: Session;
  /** Median milliseconds to open the session, file cache warm. */
  readonly loadMs: number;
}

/** Loads that take longer than this are not repeated. */
const REPEAT_BELOW_MS = 1000;
const REPEATS = 3;

/**
 * One open session per path. `explain` turns an error into one that names the model. Sessions opened before an error
 * are released.
 */
export async function loadAll(
  paths: readonly string[],
  threads: number,
  explain: (index: number, error: unknown) => unknown,
  signal?: AbortSignal,
  engine: Engine = NATIVE,
): Promise<Loaded[]> {
  const times: number[][] = paths.map(() => []);
  const sessions: (Session | undefined)[] = paths.map(() => undefined);
  try {
    for (let round = 0; round < REPEATS; round++) {
      for (const [index, path] of paths.entries()) {
        signal?.throwIfAborted();
        if (round > 0 && (times[index]?.[0] as number) > REPEAT_BELOW_MS) continue;
        await sessions[index]?.release();
        sessions[index] = undefined;
        const start = performance.now();
        sessions[index] = await engine.open(path, { threads }).catch((error: unknown) => {
          throw explain(index, error);
        });
        times[index]?.push(performance.now() - start);
      }
    }
  } catch (error) {
    for (const session of sessions) await session?.release();
    throw error;
  }
  return sessions.map((session, index) => ({
    session: session as Session,
    loadMs: median(times[index] ?? []),
  }));
}
