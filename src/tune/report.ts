/** A search as part of a report: the finalists side by side, and everything that was tried. */
import { basename } from 'node:path';
import type { Report } from '../report/schema.ts';
import { formatBytes } from '../report/units.ts';
import { tuneAdvice } from './advice.ts';
import type { Budget } from './budget.ts';
import type { Candidate, Trial } from './candidate.ts';
import { excess } from './front.ts';
import type { TuneJob } from './job.ts';
import { endingText } from './search.ts';
import type { TuneResult } from './tune.ts';

type Parts = Pick<Report, 'environment' | 'data' | 'models' | 'comparisons' | 'search' | 'suggestions'>;

export function tuneReport(
  job: TuneJob,
  result: TuneResult,
  { recipe, output }: { readonly recipe: string; readonly output: string },
): Parts {
  const { model, budget } = job;
  const { choice, trials, failures, front, finalists, measured, ending, rows } = result;
  const suggestions = tuneAdvice(job, result);
  const [before, ...after] = measured.models;
  if (!before) throw new Error('the first model was measured');
  // Files of the cache say nothing to anybody: models are called after what made them.
  const names = new Map(after.map(({ name }, at) => [name, finalists[at]?.candidate.label ?? name]));
  const named = (name: string): string => names.get(name) ?? basename(model);
  const shown = new Set([choice.winner.candidate, choice.single?.candidate]);
  const isShown = (at: number): boolean => shown.has(finalists[at]?.candidate);
  const chosen = (trial: Trial): boolean => trial.candidate === choice.winner.candidate;
  return {
    environment: measured.environment,
    data: measured.data,
    models: [
      { ...before, name: basename(model) },
      ...after.flatMap((record, at) =>
        !isShown(at)
          ? []
          : [
              {
                ...record,
                name: named(record.name),
                path: finalists[at] && chosen(finalists[at]) ? output : record.path,
                fidelity: record.fidelity && { ...record.fidelity, against: basename(model) },
              },
            ],
      ),
    ],
    comparisons: measured.comparisons
      .filter((_, at) => isShown(at))
      .map((comparison) => ({
        ...comparison,
        baseline: basename(model),
        candidate: named(comparison.candidate),
      })),
    search: {
      of: choice.winner.point.of,
      budget: budgetText(budget, choice.winner.point.of),
      met: choice.met,
      stopped: endingText(ending),
      rows: { chosenOn: rows[0], confirmedOn: rows[1] },
      recipe,
      trials: trials.map((trial) => ({
        name: trial.candidate.label,
        steps: stepsText(trial.candidate),
        sizeRatio: trial.point.sizeRatio,
        speedup: trial.point.speedup,
        drop: trial.point.drop,
        single: trial.candidate.single,
        front: front.includes(trial),
        confirmed: finalists.includes(trial),
        within: excess(trial, budget) === 0,
        chosen: chosen(trial),
      })),
      failures: failures.map(({ candidate, reason }) => ({ name: candidate.label, reason })),
    },
    ...(suggestions.length > 0 ? { suggestions } : {}),
  };
}

/** `prune sparsity=0.3, quantize scheme=int8`. */
export function stepsText({ steps }: Candidate): string {
  return steps
    .map(({ step, given }) =>
      [step, ...Object.entries(given).map(([name, value]) => `${name}=${value}`)].join(' '),
    )
    .join(', ');
}

/** `an accuracy drop of 1%, 2 MB`. */
export function budgetText(
  { maxDrop, maxBytes, minSpeedup, maxLatencyMs, notSlower }: Budget,
  of: string,
): string {
  const loss = of === 'agreement' ? 'changed answers' : of === 'error' ? 'an error' : `a drop of ${of}`;
  const parts = [
    ...(notSlower ? ['no slow-down'] : []),
    ...(maxDrop === null ? [] : [`${loss} of ${Math.round(maxDrop * 1e5) / 1e3}%`]),
    ...(maxBytes === null ? [] : [formatBytes(maxBytes)]),
    ...(minSpeedup === null ? [] : [`${minSpeedup}x the speed`]),
    ...(maxLatencyMs === null ? [] : [`${maxLatencyMs} ms`]),
  ];
  return parts.join(' and ');
}
