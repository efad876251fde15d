/** From options of the command line to what a training is asked. */
import { LlmcError } from '../errors.ts';
import type { OptionValues } from '../options/option.ts';
import { type HintRequest, LEARN_DEFAULTS, type LearnOptions, type LossRequest } from '../train/options.ts';
import { refuseSenseless } from '../train/senseless.ts';
import type { trainOptions } from './train.options.ts';

type Given = OptionValues<typeof trainOptions>;

/** @throws LlmcError USAGE for losses and hints that cannot be read */
export function learnOptions(
  given: Partial<Given>,
  data: string,
  evaluation: string | null,
  more: { readonly metric?: string | undefined; readonly output?: string | undefined } = {},
): LearnOptions {
  const asked: { [K in keyof LearnOptions]?: LearnOptions[K] | undefined } = {
    metric: more.metric,
    output: more.output,
    optimizer: given.optimizer,
    rate: given.lr,
    momentum: given.momentum,
    nesterov: given.nesterov,
    weightDecay: given.weightDecay,
    noDecay: given.undecayed,
    schedule: given.schedule,
    warmup: given.warmup,
    batch: given.batch,
    epochs: given.epochs,
    steps: given.steps,
    shuffle: given.shuffle,
    alpha: given.alpha,
    temperature: given.temperature,
    smoothing: given.labelSmoothing,
    losses: given.loss?.map(parseLoss),
    hints: given.hint?.map(parseHint),
    freeze: given.freeze,
    frozenBatchNorm: given.frozenBatchnorm,
    keepZeros: given.keepZeros,
    clip: given.clipGrad,
    ema: given.ema,
    accumulate: given.accumulate,
    checkpoint: given.checkpoint,
    resume: given.resume,
    patience: given.patience,
    saveGraph: given.saveGraph,
  };
  const stated = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return { ...LEARN_DEFAULTS, ...stated, data, evaluation };
}

/** @throws LlmcError USAGE for options that mean nothing; a recipe knows where its checkpoints are */
export function refuseTraining(learning: LearnOptions): void {
  refuseSenseless({ ...learning, resume: false });
}

/** Options of a training that was not asked for; those with a default cannot be told from it. */
const OF_TRAINING = {
  finetuneEpochs: '--finetune-epochs',
  trainData: '--train-data',
  epochs: '--epochs',
  qatScales: '--qat-scales',
  lr: '--lr',
  alpha: '--alpha',
  frozenBatchnorm: '--frozen-batchnorm',
  checkpoint: '--checkpoint',
  resume: '--resume',
  saveGraph: '--save-graph',
} as const;

/**
 * @param flag what asks for the training: `--qat`
 * @throws LlmcError USAGE for options that would do nothing
 */
export function refuseWithoutTraining(
  given: { readonly [K in keyof typeof OF_TRAINING]?: unknown },
  flag: string,
): void {
  for (const [name, option] of Object.entries(OF_TRAINING)) {
    const value = given[name as keyof typeof OF_TRAINING];
    if (value === undefined || value === false) continue;
    throw new LlmcError('USAGE', `${option} is for ${flag}`, { hint: `add ${flag}, or leave it out` });
  }
}

const NUMBER = String.raw`\d*\.?\d+`;

function parseLoss(text: string): LossRequest {
  const match = new RegExp(`^([a-z]+)(?:=(${NUMBER})(?:\\.\\.(${NUMBER}))?)?$`).exec(text);
  if (!match?.[1])
    throw new LlmcError('USAGE', `--loss "${text}" is not a name with a weight`, {
      hint: 'e.g. --loss kd=0.9 --loss ce=0.1, or --loss kd=1..0.5 for a weight that changes',
    });
  const first = Number(match[2] ?? 1);
  return { name: match[1], weight: [first, Number(match[3] ?? first)] };
}

function parseHint(text: string): HintRequest {
  const match = new RegExp(`^(.+):(.+?)(?:=(${NUMBER}))?$`).exec(text);
  if (match?.[1] && match[2]) return { teacher: match[1], student: match[2], weight: Number(match[3] ?? 1) };
  throw new LlmcError('USAGE', `--hint "${text}" does not name two values`, {
    hint: 'give a value of the teacher, one of the student and a weight: enc.4:enc.2=0.1',
  });
}
