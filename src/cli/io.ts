/** Everything a command handler may touch: its Context, its output, and the way to end with a report. */
import { LlmcError } from '../errors.ts';
import { tool } from '../library/version.ts';
import { refuseImpossible } from '../report/impossible.ts';
import { renderJson } from '../report/json.ts';
import { type Measurable, refuseUnmeasurable } from '../report/measurable.ts';
import type { Palette } from '../report/palette.ts';
import { asksForMetric, parseRequirement } from '../report/require.ts';
import type { Report } from '../report/schema.ts';
import type { TextView } from '../report/text.ts';
import { paletteFor } from './chalk-palette.ts';
import type { Command, CommandSpec } from './command.ts';
import type { CommonOptions } from './common-options.ts';
import { buildContext, type RunContext } from './context.ts';
import type { ReportView } from './finish.ts';
import { ProgressDisplay } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { wantsColor, widthOf } from './terminal.ts';

export interface CommandIo {
  /** All commands, for those that describe the others. */
  readonly specs: readonly CommandSpec[];
  readonly context: RunContext;
  readonly common: CommonOptions;
  /** For the report's `tool`. */
  readonly tool: Report['tool'];
  /** The environment variables of the run. */
  readonly env: Terminal['env'];
  /** Colours and width of stdout, for text of the command's own. */
  readonly view: TextView;
  /**
   * Says what this run is going to measure, before any work: requirements about anything else are refused.
   * Returns whether one is about a task metric, which takes labels. LlmcError REQUIREMENT.
   */
  measures(run: Measurable): boolean;
  /** Result text; never used with --json, where `output` or `finish` print the one document. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** For commands without a report: one JSON document with --json, else the text. */
  output(document: unknown, text: (view: TextView) => string): void;
  /** Checks --require, writes every --report, prints the report and returns the exit code. */
  finish(report: Report, shown?: ReportView): Promise<number>;
}

/** What surrounds a run. */
export interface RunSettings {
  readonly specs: readonly CommandSpec[];
  readonly terminal: Terminal;
  readonly errorPalette: Palette;
  /** Called before anything is written to stdout. */
  onOutput(): void;
}

/** Runs a prepared command: everything that can be refused is refused before it starts. */
export async function runCommand(
  command: Command,
  start: (io: CommandIo) => Promise<number>,
  common: CommonOptions,
  { specs, terminal, errorPalette, onOutput }: RunSettings,
): Promise<number> {
  if (!command.spec.reports && common.report.length + common.require.length > 0) {
    throw new LlmcError('USAGE', `llmc ${command.spec.name} makes no report`, {
      hint: 'leave out --report and --require',
    });
  }
  const requirements = common.require.map((expression) => parseRequirement(expression));
  for (const requirement of requirements) refuseImpossible(requirement);
  const targets = await planTargets(common);
  const bars = terminal.stderr.isTTY && !common.quiet ? (await import('cli-progress')).default : null;
  const display = new ProgressDisplay({ stderr: terminal.stderr, quiet: common.quiet, bars });
  const context = buildContext(common, terminal, errorPalette, display);
  const color = common.color && wantsColor(terminal.stdout, terminal.env, []);
  const view: TextView = {
    palette: await paletteFor(color),
    width: widthOf(terminal.stdout, terminal.env),
    verbose: common.verbose,
  };
  const stdout = (text: string) => {
    display.close();
    onOutput();
    terminal.stdout.write(text);
  };
  const stderr = (text: string) => display.line(text);
  const run: { finished: boolean } = { finished: false };
  const io: CommandIo = {
    specs,
    context,
    common,
    tool: tool(),
    env: terminal.env,
    view,
    measures: (measurable) => {
      refuseUnmeasurable(requirements, measurable);
      return requirements.some(asksForMetric);
    },
    stdout,
    stderr,
    output: (document, text) => stdout(common.json ? renderJson(document) : text(view)),
    finish: async (report, shown) => {
      run.finished = true;
      const { finishReport } = await import('./finish.ts');
      const { warnings } = context;
      return finishReport(
        report,
        { json: common.json, requirements, targets, warnings, view, stdout, stderr },
        shown,
      );
    },
  };
  try {
    const code = await start(io);
    if (code === 0 && !run.finished && targets.length + requirements.length > 0) {
      throw new Error(`llmc ${command.spec.name} ended without the report that was asked for`);
    }
    return code;
  } finally {
    display.close();
  }
}

async function planTargets(common: CommonOptions) {
  if (common.report.length === 0) return [];
  const { planReport } = await import('./report-target.ts');
  return common.report.map((path) => planReport(path, common.force));
}
