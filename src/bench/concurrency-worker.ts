/** One worker process of a concurrency measurement, seen from its parent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { LlmcError } from '../errors.ts';
import { endOf, requireChild } from './child.ts';
import type { Requests, Shift, WorkerMessage } from './concurrency-job.ts';

export class Worker {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #waiting: { resolve(message: WorkerMessage): void; reject(error: Error): void } | null = null;
  /** What arrived, or went wrong, while nobody waited. */
  #early: WorkerMessage | Error | null = null;

  /** @param jobs bytes of concurrency-job.ts */
  constructor(jobs: Uint8Array) {
    const child = spawn(process.execPath, [requireChild('concurrency-child')], {
      stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    this.#child = child;
    child.on('message', (message) => this.#arrive(message as WorkerMessage));
    child.on('error', (error) => this.#arrive(failure(error.message)));
    this.#ended = new Promise((resolve) => {
      child.on('close', (code, killedBy) => {
        this.#arrive(failure(endOf(code, killedBy)));
        resolve();
      });
    });
    // The child may die before it has read everything; its exit code tells why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(jobs);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves once it has loaded the model and run it. LlmcError RUNTIME. */
  async ready(): Promise<void> {
    await this.#next();
  }

  /** LlmcError RUNTIME when it dies or the model fails meanwhile. */
  async work(shift: Shift): Promise<Requests> {
    this.#child.send(shift);
    return (await this.#next()) as Requests;
  }

  /** At once, without its consent. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Kills it and waits until it is gone. */
  async end(): Promise<void> {
    this.kill();
    await this.#ended;
  }

  #arrive(given: WorkerMessage | Error): void {
    const message = 'failed' in given ? failure(given.failed) : given;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#early ??= message;
    else if (message instanceof Error) waiting.reject(message);
    else waiting.resolve(message);
  }

  #next(): Promise<WorkerMessage> {
    const early = this.#early;
    this.#early = null;
    if (early instanceof Error) return Promise.reject(early);
    if (early !== null) return Promise.resolve(early);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
}

function failure(why: string): LlmcError {
  return new LlmcError('RUNTIME', `a worker process failed: ${why}`, {
    hint: 'see whether memory runs short; fewer workers: --concurrency 1,2',
  });
}
