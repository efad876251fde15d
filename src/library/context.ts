/** The surroundings of work that a program asks for: who may stop it, who hears of it. */
import { type Context, silentContext } from '../step.ts';

/** How far a part of the work is. */
export interface ProgressEvent {
  /** What is being done, e.g. `writing`. */
  readonly label: string;
  /** Units done so far: bytes, tensors, rows or runs. */
  readonly done: number;
  readonly total: number;
  /** True once, when this part has ended. */
  readonly ended: boolean;
}

export interface ContextOptions {
  /** Stops the work: it throws the reason of the signal, and nothing partial is left behind. */
  readonly signal?: AbortSignal | undefined;
  /** Of everything random; default 0. */
  readonly seed?: number;
  /** Threads of onnxruntime; default 0: as many as it likes. */
  readonly threads?: number;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Facts found on the way, for a person. */
  readonly onNote?: (text: string) => void;
  /** What must not be missed. */
  readonly onWarning?: (text: string) => void;
}

/** The context that every function with work to do takes as its last argument. */
export function contextOf(options: ContextOptions = {}): Context {
  const { signal, seed = 0, threads = 0, onProgress, onNote, onWarning } = options;
  return silentContext({
    seed,
    threads,
    ...(signal ? { signal } : {}),
    ...(onNote ? { note: onNote } : {}),
    ...(onWarning ? { warn: onWarning } : {}),
    ...(onProgress ? { progress: (label, total) => progressOf(label, total, onProgress) } : {}),
  });
}

function progressOf(label: string, total: number, tell: (event: ProgressEvent) => void) {
  let [done, ended] = [0, false];
  return {
    tick(amount = 1) {
      done += amount;
      tell({ label, done, total, ended: false });
    },
    done() {
      if (ended) return;
      ended = true;
      tell({ label, done, total, ended });
    },
  };
}
