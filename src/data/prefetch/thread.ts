/** The client's end of a thread that reads data: conversations, and noticing when the thread is dead or stuck. */
import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LlmcError } from '../../errors.ts';
import type { Batch, BatchOptions } from '../dataset.ts';
import { type DatasetInfo, errorOf, type FromThread, PULSE, type ToThread } from './messages.ts';

/** Megabytes of objects in the thread. Where a limit is set the thread dies of reaching it; without, the process does. */
const HEAP = Math.min(4096, Math.floor(totalmem() / 2 ** 21));

type Answer = Exclude<FromThread, { readonly kind: 'pulse' }>;

interface Conversation {
  readonly answers: Answer[];
  wake: () => void;
}

/** A dataset opened in a thread. The thread keeps the process alive only while somebody waits for it. */
export class DataThread {
  readonly #worker: Worker;
  readonly #spec: string;
  readonly #stuckAfter: number;
  readonly #conversations = new Map<number, Conversation>();
  #last = 0;
  #waiting = 0;
  #failure: Error | undefined;
  #heard = true;

  /** @param stuckAfter milliseconds without a sign of life after which the data is given up */
  constructor(script: URL, spec: string, stuckAfter: number) {
    this.#spec = spec;
    this.#stuckAfter = stuckAfter;
    // Options of this process, such as code given on its command line, are not meant for the thread.
    this.#worker = new Worker(script, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: HEAP } });
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => {
      this.#heard = true;
      if (message.kind === 'pulse') return;
      const conversation = this.#conversations.get(message.id);
      conversation?.answers.push(message);
      conversation?.wake();
    });
    this.#worker.on('error', (error: Error) => this.#fail(this.#explained(error)));
    this.#worker.on('exit', () => this.#fail(new Error('the thread that reads data has ended')));
  }

  /** False once it cannot answer any more. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /** LlmcError as opening the data in this thread would throw. */
  async open(): Promise<DatasetInfo> {
    const id = this.#begin();
    try {
      this.#send({ kind: 'open', id, spec: this.#spec });
      const answer = await this.#next(id);
      if (answer.kind === 'opened') return answer.info;
      throw unexpected(answer);
    } finally {
      this.#conversations.delete(id);
    }
  }

  /** LlmcError as reading the data in this thread would throw. */
  async *batches({ size, limit, columns, epoch }: BatchOptions): AsyncGenerator<Batch, void, undefined> {
    const id = this.#begin();
    try {
      this.#send({ kind: 'batches', id, request: { size, limit, columns: columns && [...columns], epoch } });
      for (;;) {
        const answer = await this.#next(id);
        if (answer.kind === 'end') return;
        if (answer.kind !== 'batch') throw unexpected(answer);
        // Before the batch is used: the next one is made while that goes on.
        this.#send({ kind: 'taken', id });
        yield answer.batch;
      }
    } finally {
      this.#conversations.delete(id);
      this.#send({ kind: 'stop', id });
    }
  }

  close(): void {
    this.#fail(new Error('the data was closed'));
    void this.#worker.terminate();
  }

  #begin(): number {
    const id = ++this.#last;
    this.#conversations.set(id, { answers: [], wake: () => {} });
    return id;
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  async #next(id: number): Promise<Answer> {
    const conversation = this.#conversations.get(id);
    if (!conversation) throw new Error('no such conversation');
    if (this.#waiting++ === 0) this.#worker.ref();
    const watch = this.#watch();
    try {
      for (;;) {
        const answer = conversation.answers.shift();
        if (answer) return answer;
        if (this.#failure) throw this.#failure;
        await new Promise<void>((resolve) => {
          conversation.wake = resolve;
        });
      }
    } finally {
      clearInterval(watch);
      if (--this.#waiting === 0) this.#worker.unref();
    }
  }

  /** Gives up on a thread that says nothing for several looks in a row: one may come late where this thread was busy. */
  #watch(): NodeJS.Timeout {
    const looks = 4;
    let silent = 0;
    this.#heard = true;
    return setInterval(
      () => {
        silent = this.#heard ? 0 : silent + 1;
        this.#heard = false;
        if (silent < looks) return;
        const seconds = Math.round(this.#stuckAfter / 1000);
        this.#fail(
          new LlmcError(
            'DATA',
            `reading "${this.#spec}" does not come to an end: given up after ${seconds} s`,
            {
              hint: 'the file is damaged or its parts are absurdly large; write it again, parquet with smaller row groups',
            },
          ),
        );
        void this.#worker.terminate();
      },
      Math.max(2 * PULSE, this.#stuckAfter / looks),
    );
  }

  #explained(error: Error): Error {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
    return new LlmcError('DATA', `reading "${this.#spec}" takes more memory than there is`, {
      hint: 'the file is damaged or its parts are absurdly large; write it again, parquet with smaller row groups',
      cause: error,
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { wake } of this.#conversations.values()) wake();
  }
}

function unexpected(answer: Answer): Error {
  return answer.kind === 'failed'
    ? errorOf(answer.failure)
    : new Error(`the data thread said "${answer.kind}"`);
}
