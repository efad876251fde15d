/** The outcome of --require as text, failures last so that they end what a person reads. */
import { alignColumns } from './layout.ts';
import type { Palette } from './palette.ts';
import type { RequirementResult } from './schema.ts';

/** Empty when there are no requirements; ends with a newline otherwise. */
export function renderRequirements(results: readonly RequirementResult[], palette: Palette): string {
  if (results.length === 0) return '';
  const ordered = [
    ...results.filter((result) => result.passed),
    ...results.filter((result) => !result.passed),
  ];
  const rows = ordered.map(({ passed, expression, actual }) => [
    passed ? palette.good('passed') : palette.bad('FAILED'),
    expression,
    passed ? palette.dim(actual) : actual,
  ]);
  const lines = alignColumns(rows, ['left', 'left', 'left']).map((line) => `  ${line}`);
  return [palette.bold('Requirements'), ...lines, ''].join('\n');
}
