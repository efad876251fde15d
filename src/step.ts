/** What commands and (later) recipe entries share: progress, notes, cancellation, a seed. */

/** The surroundings of one run; commands receive it and never touch the terminal themselves. */
export interface Context {
  /** Aborted on Ctrl-C or SIGTERM; long loops call `signal.throwIfAborted()` between items. */
  readonly signal: AbortSignal;
  readonly seed: number;
  /** Intra-op threads for onnxruntime and worker count; 0 lets the runtime choose. */
  readonly threads: number;
  /** A line for a person (stderr), e.g. a fact found on the way. */
  note(text: string): void;
  /** Something the user must not miss; also kept in the report. */
  warn(text: string): void;
  /** Starts a progress display of `total` units (bytes, tensors, runs). */
  progress(label: string, total: number): Progress;
}

export interface Progress {
  tick(amount?: number): void;
  done(): void;
}

/** A Context that stays silent: for tests and for library use. */
export function silentContext(overrides: Partial<Context> = {}): Context {
  return {
    signal: new AbortController().signal,
    seed: 0,
    threads: 0,
    note: () => {},
    warn: () => {},
    progress: () => ({ tick: () => {}, done: () => {} }),
    ...overrides,
  };
}
