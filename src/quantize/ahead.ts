/** Quantizes weights on worker threads ahead of the writer; the bytes are those the writer's own thread would make. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ByteSource } from '../ir/bytes.ts';
import type { Foresight } from '../onnx/stream.ts';
import { WorkerPool } from '../runtime/pool.ts';
import type { Context } from '../step.ts';
import { type Answer, errandOf } from './errand.ts';
import { jobPart, type LazyJob } from './lazy.ts';

/** Below this many bytes of weights the threads would cost more time than they save. */
const WORTHWHILE_BYTES = 64 << 20;
/** A weight this small is done before a message has arrived. */
const SMALL_BYTES = 1 << 18;
/** Weights being read and results waiting to be written; a single job may be larger. */
const BUDGET_BYTES = 256 << 20;
/** More threads than this wait for the disk. */
const MOST_THREADS = 4;

/** The compiled worker beside this file; not there when llmc runs from its source. */
const WORKER = new URL('./worker.js', import.meta.url);

/** Work under way or waiting to be written. */
interface Pending {
  readonly place: number;
  readonly finished: Promise<void>;
  bytes: number;
}

/** Owns worker threads for the time a model is quantized and written; whoever makes one closes it. */
export class WorkAhead implements Foresight {
  readonly #signal: AbortSignal;
  readonly #threads: number;
  readonly #entry: URL;
  #pool: WorkerPool | null = null;
  #jobs: readonly LazyJob[] = [];
  #places: ReadonlyMap<LazyJob, number> = new Map();
  readonly #pending = new Map<LazyJob, Pending>();
  /** Place of the first job that has not been started. */
  #next = 0;
  #unfinished = 0;

  constructor(context: Pick<Context, 'signal' | 'threads'>, entry = WORKER, cores = availableParallelism()) {
    this.#signal = context.signal;
    this.#threads = Math.min(MOST_THREADS, context.threads || cores, cores);
    this.#entry = entry;
  }

  /** Starts the threads when `weightBytes` of weights are worth it: they get ready while the model is transformed. */
  start(weightBytes: number): void {
    const alone = this.#threads === 1 || weightBytes < WORTHWHILE_BYTES;
    if (alone || this.#pool || !existsSync(this.#entry)) return;
    this.#pool = new WorkerPool(this.#entry, this.#threads);
  }

  plan(sources: readonly ByteSource[]): void {
    const jobs = new Set(sources.flatMap((source) => jobPart(source)?.job ?? []));
    this.#jobs = [...jobs].filter((job) => job.weight.byteLength >= SMALL_BYTES);
    this.#places = new Map(this.#jobs.map((job, place) => [job, place]));
    this.#next = 0;
    this.#fill(0);
  }

  async ready(source: ByteSource): Promise<void> {
    const part = jobPart(source);
    const place = part ? this.#places.get(part.job) : undefined;
    if (!part || place === undefined) return;
    // The writer is through with everything before.
    for (const [job, pending] of this.#pending) if (pending.place < place) this.#pending.delete(job);
    this.#fill(place);
    if (!part.job.has(part.name)) await this.#unlessAborted(this.#pending.get(part.job)?.finished);
  }

  /** Ends the threads; what is not finished is left to the reader of the tensors. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    this.#pending.clear();
    await pool?.close();
  }

  /** Starts jobs in order, job number `needed` in any case, others while memory and threads allow. */
  #fill(needed: number): void {
    while (this.#pool && this.#next < this.#jobs.length) {
      const job = this.#jobs[this.#next] as LazyJob;
      let bytes = job.weight.byteLength + job.resultBytes;
      for (const pending of this.#pending.values()) bytes += pending.bytes;
      const room = bytes <= BUDGET_BYTES && this.#unfinished <= this.#threads;
      if (this.#next > needed && !room) return;
      this.#start(this.#pool, job, this.#next++);
    }
  }

  #start(pool: WorkerPool, job: LazyJob, place: number): void {
    this.#unfinished++;
    const finished = this.#send(pool, job)
      // The writer's thread does what a worker could not, and throws what there is to throw.
      .catch(() => {})
      .then(() => {
        this.#unfinished--;
        pending.bytes = job.resultBytes;
        // Only jobs further on: the writer asks for the one it needs.
        this.#fill(-1);
      });
    const pending: Pending = { place, finished, bytes: job.weight.byteLength + job.resultBytes };
    this.#pending.set(job, pending);
  }

  async #send(pool: WorkerPool, job: LazyJob): Promise<void> {
    const { errand, transfer } = errandOf(job.recipe, job.weight);
    const answer = (await pool.run(errand, transfer)) as Answer;
    if (answer) job.accept(answer);
  }

  async #unlessAborted(work: Promise<void> | undefined): Promise<void> {
    const signal = this.#signal;
    signal.throwIfAborted();
    let stop = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop);
    });
    await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop));
  }
}
