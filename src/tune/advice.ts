/** What to ask of a search next, from how this one ended. */
import { formatBytes, formatMs } from '../report/units.ts';
import type { TuneJob } from './job.ts';
import type { TuneResult } from './tune.ts';

const MOST = 3;
/** Rows below which a budget of a point is within the noise of the rows. */
const FEW_ROWS = 400;

/** Flags of `llmc tune` that may lead further, the most promising first. */
export function tuneAdvice(job: TuneJob, { choice, ending, rows }: TuneResult): string[] {
  const found = [
    ...(choice.met ? [] : onUnmet(job, choice.winner.point)),
    ...(job.calibration === null
      ? ['--data SPEC: without rows to calibrate on, neither int8 with ranges nor GPTQ nor pruning was tried']
      : []),
    ...(ending.by === 'time' ? ['--time with more of it: candidates were left when it was over'] : []),
    ...(ending.by === 'trials' ? [`--trials ${ending.count * 2}: candidates were left`] : []),
    ...(choice.met && !choice.sure && job.budget.maxDrop !== null
      ? [
          `--eval with more than ${rows[0] + rows[1]} rows: on these the loss is within the budget, but not by more than chance`,
        ]
      : []),
    ...(!job.prune && choice.met ? ['leave out --no-prune: weights can be taken out, too'] : []),
    ...(choice.sure && rows[0] + rows[1] < FEW_ROWS ? ['--eval with more rows makes the choice surer'] : []),
  ];
  return found.slice(0, MOST);
}

/** The budget that what came closest would hold. */
function onUnmet({ budget }: TuneJob, point: TuneResult['choice']['winner']['point']): string[] {
  const { maxDrop, maxBytes, minSpeedup, maxLatencyMs } = budget;
  const wanted = [
    ...(maxDrop !== null && point.drop > maxDrop ? [`--max-drop ${upTo(point.drop * 100)}%`] : []),
    ...(maxBytes !== null && point.bytes > maxBytes
      ? [`--max-size ${point.bytes} (${formatBytes(point.bytes)})`]
      : []),
    ...(minSpeedup !== null && point.speedup < minSpeedup
      ? [`--min-speedup ${(Math.floor(point.speedup * 100) / 100).toFixed(2)}`]
      : []),
    ...(maxLatencyMs !== null && point.p50Ms > maxLatencyMs
      ? [`--max-latency ${upTo(point.p50Ms)} (${formatMs(point.p50Ms)})`]
      : []),
  ];
  if (wanted.length === 0)
    return budget.notSlower ? ['--goal size accepts what is slower than the model'] : [];
  return [`what came closest would hold ${wanted.join(' and ')}`];
}

/** Two decimals, rounded up. */
function upTo(value: number): string {
  return String(Math.ceil(value * 100) / 100);
}
