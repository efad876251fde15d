/** Whether the results hold what the recipe requires of them. */
import { basename } from 'node:path';
import type { Requirement } from '../report/require.ts';
import { evaluate } from '../report/require-judge.ts';
import type { Report, RequirementResult } from '../report/schema.ts';
import type { Plan } from './plan.ts';

/**
 * @param paths of the outputs, in the order of the plan
 * @throws LlmcError REQUIREMENT when one names what is unknown
 */
export function judgeOutputs(
  { requirements, outputs, model }: Plan,
  paths: readonly string[],
  report: Report,
): RequirementResult[] {
  const several = outputs.length > 1;
  return outputs.flatMap((output, at) => {
    const own = about(report, model, paths[at] ?? '');
    const label = several ? `${basename(output.path)}: ` : '';
    return [...requirements, ...output.requirements].map((requirement: Requirement) => {
      const result = evaluate(requirement, own);
      return { ...result, expression: `${label}${result.expression}` };
    });
  });
}

/** The report with the first model and one of the others only. */
function about(report: Report, model: string, path: string): Report {
  const models = report.models.filter((each) => each.path === model || each.path === path);
  const names = new Set(models.map(({ name }) => name));
  return {
    ...report,
    models,
    comparisons: report.comparisons.filter(({ candidate }) => names.has(candidate)),
  };
}
