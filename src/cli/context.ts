/** Builds the Context of a run from the common options and the terminal. */
import type { Palette } from '../report/palette.ts';
import type { Context } from '../step.ts';
import type { CommonOptions } from './common-options.ts';
import type { ProgressDisplay } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A Context whose warnings are also collected, for the report. */
export interface RunContext extends Context {
  readonly warnings: readonly string[];
}

export function buildContext(
  common: CommonOptions,
  terminal: Terminal,
  palette: Palette,
  display: ProgressDisplay,
): RunContext {
  const warnings: string[] = [];
  return {
    signal: terminal.signal ?? new AbortController().signal,
    seed: common.seed,
    threads: common.threads,
    warnings,
    note: (text) => {
      if (!common.quiet) display.line(`${palette.dim(text)}\n`);
    },
    warn: (text) => {
      if (warnings.includes(text)) return;
      warnings.push(text);
      display.line(`${palette.warn('warning:')} ${text}\n`);
    },
    progress: (label, total) => display.start(label, total),
  };
}
