/** Renders a report as annotations of GitHub Actions: lines that a step prints and GitHub shows on the run. */
import { groupModels } from './groups.ts';
import { shorten } from './layout.ts';
import { printable } from './printable.ts';
import { fileSizeChange, speedChange } from './rows.ts';
import type { Report } from './schema.ts';

/** GitHub shows ten annotations of a level for each step and drops the rest without a word. */
const SHOWN = 10;
/** Annotations are cut at 4 KB. */
const LONGEST = 2000;

type Level = 'error' | 'warning' | 'notice';

/** Failed requirements as errors, warnings as warnings, the result as a notice; ends with a newline. */
export function renderGithub(report: Report): string {
  const failed = report.requirements
    .filter(({ passed }) => !passed)
    .map(({ expression, actual }) => `${expression} is not met: measured ${actual}`);
  return [
    ...annotations('error', 'llmc requirement', failed),
    ...annotations('warning', 'llmc', report.warnings),
    ...annotations('notice', 'llmc', results(report)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function results(report: Report): string[] {
  return groupModels(report).flatMap(({ baseline, candidates }) =>
    candidates.flatMap((candidate) => {
      const facts = [fileSizeChange(baseline, candidate.model), speedChange(baseline, candidate)].flatMap(
        (change) => change?.text ?? [],
      );
      return facts.length > 0 ? [`${candidate.model.name}: ${facts.join(', ')}`] : [];
    }),
  );
}

function annotations(level: Level, title: string, texts: readonly string[]): string[] {
  const fits = texts.length <= SHOWN ? texts : texts.slice(0, SHOWN - 1);
  const hidden = texts.length - fits.length;
  const told = hidden > 0 ? [...fits, `and ${hidden} more`] : fits;
  return told.map(
    (text) => `::${level} title=${escapeProperty(title)}::${escapeData(shorten(text, LONGEST))}`,
  );
}

/** What GitHub's runner undoes again; anything else would end the command or begin another. */
function escapeData(text: string): string {
  return printable(text).replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
