/** Builds the Context of a run from the common options and the terminal. */
import { wrap } from '../report/layout.ts';
import type { Palette } from '../report/palette.ts';
import { printable } from '../report/printable.ts';
import type { Context } from '../step.ts';
import type { CommonOptions } from './common-options.ts';
import type { ProgressDisplay } from './progress.ts';
import { type Terminal, widthOf } from './terminal.ts';

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
  const said = new Set<string>();
  // Logs keep long lines whole, so that they can be searched; a terminal would break them inside words.
  const width = terminal.stderr.isTTY ? widthOf(terminal.stderr, terminal.env) : Infinity;
  const fold = (text: string) => {
    const lines = text.split('\n');
    return (width === Infinity ? lines : lines.flatMap((line) => wrap(line, width))).join('\n');
  };
  return {
    signal: terminal.signal ?? new AbortController().signal,
    seed: common.seed,
    threads: common.threads,
    warnings,
    note: (text) => {
      // Several steps look at the same data.
      if (said.has(text)) return;
      said.add(text);
      if (!common.quiet) display.line(`${palette.dim(fold(printable(text)))}\n`);
    },
    warn: (text) => {
      if (warnings.includes(text)) return;
      warnings.push(text);
      display.line(`${fold(`${palette.warn('warning:')} ${printable(text)}`)}\n`);
    },
    progress: (label, total) => display.start(label, total),
  };
}
