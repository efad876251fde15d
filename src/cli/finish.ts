/** Ends a run that made a report: checks requirements, writes the files, prints the result, decides the exit code. */

import { writeWhole } from '../data/whole-file.ts';
import { EXIT } from '../errors.ts';
import { renderJson } from '../report/json.ts';
import { plainPalette } from '../report/palette.ts';
import type { Requirement } from '../report/require.ts';
import { evaluate } from '../report/require-judge.ts';
import { renderRequirements } from '../report/requirement-lines.ts';
import type { Report } from '../report/schema.ts';
import { renderText, type TextView } from '../report/text.ts';
import type { ReportTarget } from './report-target.ts';

/** What replaces the standard rendering of a report on stdout. */
export interface ReportView {
  /** Shown instead of the table; the outcome of --require still follows. */
  readonly text?: string;
  /** Layers of a comparison listed at most. */
  readonly layers?: number;
  /** Printed with --json instead of the report. */
  readonly document?: unknown;
  /** Renders the whole output in a way of its own, with or without --json. */
  readonly render?: (report: Report) => string;
  /** Adds to the report once its requirements are judged. */
  readonly amend?: (report: Report) => Report;
  /** A file that receives the output instead of stdout. */
  readonly path?: string;
}

export interface FinishSettings {
  readonly json: boolean;
  readonly requirements: readonly Requirement[];
  readonly targets: readonly ReportTarget[];
  readonly warnings: readonly string[];
  readonly view: TextView;
  stdout(text: string): void;
  stderr(text: string): void;
}

/** The report is written and printed even when a requirement failed or cannot be judged. */
export function finishReport(made: Report, settings: FinishSettings, shown: ReportView = {}): number {
  const { results, problem } = judge(settings.requirements, made);
  const judged: Report = {
    ...made,
    warnings: [...new Set([...made.warnings, ...settings.warnings])],
    requirements: [...made.requirements, ...results],
  };
  const report = shown.amend?.(judged) ?? judged;
  for (const { path, format } of settings.targets) writeWhole(path, format.render(report));
  const output = renderOutput(report, settings, shown);
  if (shown.path === undefined) settings.stdout(output);
  else writeWhole(shown.path, output);
  const failed = report.requirements.filter((result) => !result.passed);
  // The text report ends with them; where stdout holds something else they must not go unseen.
  const unseen = settings.json || shown.render !== undefined || shown.path !== undefined;
  if (unseen) settings.stderr(renderRequirements(failed, plainPalette));
  if (problem !== null) throw problem;
  return failed.length > 0 ? EXIT.unmet : EXIT.ok;
}

function renderOutput(report: Report, { json, view }: FinishSettings, shown: ReportView): string {
  if (shown.render) return shown.render(report);
  if (json) return renderJson(shown.document ?? report);
  if (shown.text === undefined)
    return renderText(report, shown.layers === undefined ? view : { ...view, layers: shown.layers });
  return shown.text + renderRequirements(report.requirements, view.palette);
}

/** Results of the requirements that can be judged, and the first error of one that cannot. */
function judge(
  requirements: readonly Requirement[],
  report: Report,
): { results: Report['requirements']; problem: unknown } {
  const results: Report['requirements'] = [];
  let problem: unknown = null;
  for (const requirement of requirements) {
    try {
      results.push(evaluate(requirement, report));
    } catch (error) {
      problem ??= error;
    }
  }
  return { results, problem };
}
