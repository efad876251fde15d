/** Datasets that a thread of their own reads ahead, while this one is busy running a model. */
import { existsSync } from 'node:fs';
import type { Dataset } from '../dataset.ts';
import type { DataSpec } from '../spec.ts';
import type { DatasetInfo } from './messages.ts';
import { DataThread } from './thread.ts';

/** Nobody waits longer than this for a thread that shows no sign of life, in milliseconds. */
const STUCK = 60_000;

/** A thread that nobody uses for so long, in milliseconds, ends; it is started again when it is needed. */
const IDLE = 2_000;

export interface AheadOptions {
  /** Milliseconds; see STUCK. */
  readonly stuckAfter?: number;
}

/** The compiled worker: beside this file, or in dist when this file runs from source. Null when llmc is not built. */
export function workerScript(): URL | null {
  const fromSource = import.meta.url.endsWith('.ts');
  const script = new URL(
    fromSource ? '../../../dist/data/prefetch/worker.js' : './worker.js',
    import.meta.url,
  );
  return existsSync(script) ? script : null;
}

/** The dataset of a spec, read by a thread. Throws what opening and reading it here would throw. */
export async function openAhead(spec: DataSpec, script: URL, options: AheadOptions = {}): Promise<Dataset> {
  const shared = new SharedThread(() => new DataThread(script, spec.text, options.stuckAfter ?? STUCK));
  const info = await shared.use((thread) => thread.info);
  return {
    ...info,
    synthetic: false,
    async *batches(request) {
      const held = shared.take();
      try {
        await held.info;
        yield* held.thread.batches(request);
      } finally {
        shared.release();
      }
    },
  };
}

interface Held {
  readonly thread: DataThread;
  readonly info: Promise<DatasetInfo>;
}

/** Starts a thread when it is needed and ends it when it has not been for a while. */
class SharedThread {
  readonly #start: () => DataThread;
  #held: Held | undefined;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(start: () => DataThread) {
    this.#start = start;
  }

  take(): Held {
    clearTimeout(this.#timer);
    this.#users++;
    if (!this.#held?.thread.alive) {
      const thread = this.#start();
      this.#held = { thread, info: thread.open() };
    }
    return this.#held;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#timer = setTimeout(() => {
      this.#held?.thread.close();
      this.#held = undefined;
    }, IDLE);
    this.#timer.unref();
  }

  async use<T>(work: (held: Held) => Promise<T>): Promise<T> {
    try {
      return await work(this.take());
    } catch (error) {
      // What could not be opened is not needed any more.
      this.#held?.thread.close();
      throw error;
    } finally {
      this.release();
    }
  }
}
