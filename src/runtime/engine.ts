/** What runs the models of a measurement: a runtime with one of its execution providers. */
import { openSession, type Session } from './session.ts';

export interface Engine {
  /** Name of the execution provider, as reports have it. */
  readonly provider: string;
  /** LlmcError as of `openSession`. */
  open(path: string, options: { readonly threads: number; readonly profile?: boolean }): Promise<Session>;
}

/** onnxruntime-node; what its provider has no kernels for runs on the CPU, as onnxruntime does it by itself. */
export function nativeEngine(provider: string): Engine {
  return { provider, open: (path, options) => openSession(path, { ...options, provider }) };
}

/** What everything runs on that was not asked for differently. */
export const NATIVE: Engine = nativeEngine('cpu');
