/** The next flag to try, from what a step came to: at most two sentences, none where nothing is to gain. */
import { isUnbounded, lowerIsBetter } from './metric-drop.ts';
import type { Comparison, ModelRecord, Report, StepRecord } from './schema.ts';
import { formatBytes } from './units.ts';

const MOST = 2;
/** A loss that people notice: points of a share, relative for what has no bound. */
const LOSS = 0.01;
const AGREEMENT = 0.98;
/** Weights that stayed float are worth a word from this share of the result on. */
const FLOAT_SHARE = 0.25;

/** A step and the models before and after it, as they were measured. */
export interface Advised {
  readonly step: StepRecord;
  readonly before: ModelRecord;
  readonly after: ModelRecord;
  readonly comparison: Comparison;
  /** Whether the inputs were generated: answers to those are close calls. */
  readonly synthetic: boolean;
}

/** Suggestions for the last step of a report of one model before and after; empty for anything else. */
export function adviceFor(report: Report): string[] {
  const { steps, comparisons, models, data } = report;
  const [step, comparison, before, after] = [steps.at(-1), comparisons[0], models[0], models.at(-1)];
  if (!step || !comparison || !before || !after || comparisons.length > 1) return [];
  return adviceOn({ step, before, after, comparison, synthetic: data?.synthetic !== false });
}

/** What to try next with a step that came to this. */
export function adviceOn(advised: Advised): string[] {
  const { step, after, comparison } = advised;
  const found = [
    ...(lost(advised) ? onLoss(step) : []),
    ...(comparison.speedup?.verdict === 'slower' ? onSlowness(step) : []),
    ...onFloats(step, after.sizeBytes),
    ...onUnfinished(step),
  ];
  return found.slice(0, MOST);
}

function lost({ before, after, comparison, synthetic }: Advised): boolean {
  const drops = Object.entries(comparison.metricDrop);
  if (drops.length > 0)
    return drops.some(([name, drop]) => {
      const base = Math.abs(before.metrics[name] ?? 0);
      return (isUnbounded(name) && base > 0 ? drop / base : drop) > LOSS;
    });
  const agreement = after.fidelity?.agreement;
  return !synthetic && agreement != null && agreement < AGREEMENT;
}

function onLoss({ name, options, curve }: StepRecord): string[] {
  const data = options['data'] === undefined ? ' --data SPEC' : '';
  if (name.startsWith('prune'))
    return options['recover'] === 'finetune'
      ? ['--finetune-epochs with more of them: training has not made up for what was cut']
      : [`--recover finetune${data} trains what is left to do what the model did`];
  if (!name.startsWith('quantize')) return [];
  const scheme = options['scheme'];
  if (scheme === 'int4')
    return data !== '' || (options['rounding'] ?? 'nearest') === 'nearest'
      ? [`--rounding gptq${data} rounds each layer against what the layers before it have become`]
      : ['--int8-ratio 0.15 gives 8 bits to the layers that 4 bits cost most'];
  if (scheme === 'int8-dynamic')
    return [`--scheme int8${data} has ranges from data; --scheme int8-weights leaves activations in floats`];
  if (scheme !== 'int8') return [];
  return options['keepFloat'] || options['floatShare']
    ? curve
      ? []
      : ['--qat trains the model with its codes, the input model as teacher']
    : [`--float-share 0.1${data} leaves the layers that cost most in floats`];
}

function onSlowness({ name, options }: StepRecord): string[] {
  if (name.startsWith('prune'))
    return options['roundTo'] === undefined
      ? ['--round-to 16 leaves channels in blocks that kernels like better']
      : [];
  return name.startsWith('quantize') ? ['--scheme auto measures the alternatives on this machine'] : [];
}

/** What was left alone for a reason that another scheme does not have. */
function onFloats({ name, options, skipped }: StepRecord, bytes: number): string[] {
  if (!name.startsWith('quantize') || bytes === 0) return [];
  const [worst] = [...skipped].sort((a, b) => b.bytes - a.bytes);
  const left = skipped.reduce((sum, each) => sum + each.bytes, 0);
  if (!worst || left < bytes * FLOAT_SHARE) return [];
  const instead =
    options['scheme'] === 'int4'
      ? '--scheme q4f16 stores them in half precision'
      : options['scheme'] === 'int8' || options['scheme'] === 'int8-dynamic'
        ? '--scheme int8-weights stores more of them in 8 bits'
        : null;
  return instead === null
    ? []
    : [`${formatBytes(left)} of the result stayed float (${worst.reason}): ${instead}`];
}

/** A training whose last score is its best one might have gone on. */
function onUnfinished({ name, evaluations = [] }: StepRecord): string[] {
  const [last, ...others] = [...evaluations].reverse();
  if (name !== 'distill' || !last || others.length === 0) return [];
  const sign = lowerIsBetter(last.metric) ? -1 : 1;
  const best = others.every(({ value }) => sign * value < sign * last.value);
  return best ? [`--epochs with more of them: ${last.metric} was still getting better at the end`] : [];
}
