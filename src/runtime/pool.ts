/** Worker threads that do jobs one at a time each; a thread that fails is not replaced. */
import { type Transferable, Worker } from 'node:worker_threads';

interface Task {
  readonly message: unknown;
  readonly transfer: readonly Transferable[];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * A pool of threads that run the same script. The script listens on `parentPort` and answers every message with one
 * message. Whoever starts a pool closes it: its threads keep the process alive.
 */
export class WorkerPool {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Task>();
  readonly #queue: Task[] = [];

  /** @param entry the script, compiled JavaScript; a script that cannot be loaded fails the jobs, not the constructor */
  constructor(entry: URL, size: number) {
    for (let count = 0; count < size; count++) this.#start(entry);
  }

  /** Threads that are still alive. */
  get size(): number {
    return this.#idle.length + this.#busy.size;
  }

  /**
   * Has the next free thread do a job.
   * @throws Error when the thread dies over it, when no thread is left, or when the pool is closed meanwhile
   */
  run(message: unknown, transfer: readonly Transferable[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ message, transfer, resolve, reject });
      this.#next();
    });
  }

  /** Ends the threads at once, whatever they are doing. */
  async close(): Promise<void> {
    const workers = [...this.#idle, ...this.#busy.keys()];
    this.#idle.length = 0;
    this.#drop([...this.#busy.values(), ...this.#queue.splice(0)], new Error('the pool was closed'));
    this.#busy.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #start(entry: URL): void {
    const worker = new Worker(entry);
    this.#idle.push(worker);
    worker.on('message', (answer: unknown) => {
      const task = this.#busy.get(worker);
      if (!task) return;
      this.#busy.delete(worker);
      this.#idle.push(worker);
      task.resolve(answer);
      this.#next();
    });
    for (const event of ['error', 'messageerror'] as const)
      worker.on(event, (error: Error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, new Error('the thread ended')));
  }

  #lose(worker: Worker, reason: Error): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    const task = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (task) task.reject(reason);
    this.#next();
  }

  #next(): void {
    if (this.size === 0) this.#drop(this.#queue.splice(0), new Error('no thread is left'));
    while (this.#queue.length > 0) {
      const worker = this.#idle.shift();
      const task = worker && this.#queue.shift();
      if (!task) return;
      this.#busy.set(worker, task);
      worker.postMessage(task.message, [...task.transfer]);
    }
  }

  #drop(tasks: readonly Task[], reason: Error): void {
    for (const task of tasks) task.reject(reason);
  }
}
