/** What runs the models of a measurement: a runtime with one of its execution providers. */
import { openSession, type Session, type SessionOptions } from './session.ts';

export type Runtime = 'native' | 'web';

export type OpenOptions = Pick<SessionOptions, 'profile' | 'spin'> & { readonly threads: number };

export interface Engine {
  readonly runtime: Runtime;
  /** Name of the execution provider, as reports have it. */
  readonly provider: string;
  /** Of the runtime, where it is not onnxruntime-node. */
  readonly version?: string;
  /** Starts the runtime, where that takes time of its own; milliseconds. */
  start?(threads: number): Promise<number>;
  /** LlmcError as of `openSession`. */
  open(path: string, options: OpenOptions): Promise<Session>;
}

/** onnxruntime-node; what its provider has no kernels for runs on the CPU, as onnxruntime does it by itself. */
export function nativeEngine(provider: string): Engine {
  return {
    runtime: 'native',
    provider,
    open: (path, options) => openSession(path, { ...options, provider }),
  };
}

/** What everything runs on that was not asked for differently. */
export const NATIVE: Engine = nativeEngine('cpu');
