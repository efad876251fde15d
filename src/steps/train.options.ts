/** Options of every command that trains. */

import { choice, flag, integer, list, real, switchOff, text } from '../options/option-types.ts';
import { losses } from '../train/losses/table.ts';
import { optimizers } from '../train/optimizers/table.ts';
import { schedules } from '../train/run/schedule.ts';

const named = (all: readonly { readonly name: string; readonly summary: string }[]): string =>
  all.map(({ name, summary }) => `${name}: ${summary}`).join('; ');

export const trainOptions = {
  optimizer: choice(
    '--optimizer <name>',
    named(optimizers),
    optimizers.map(({ name }) => name),
    { fallback: 'adamw' },
  ),
  lr: real('--lr <rate>', 'highest learning rate', {
    shown: optimizers.map(({ name, rate }) => `${rate} for ${name}`).join(', '),
  }),
  momentum: real('--momentum <share>', 'of sgd: share of the last step that is taken again', {
    min: 0,
    max: 1,
    fallback: 0,
  }),
  nesterov: flag('--nesterov', 'of sgd: momentum looks ahead'),
  weightDecay: real('--weight-decay <rate>', 'how fast weights shrink', {
    min: 0,
    shown: '0.01 for adamw, 0 for the others',
  }),
  undecayed: list(
    '--undecayed <glob>',
    'parameters that do not shrink: names of tensors or nodes (repeatable)',
  ),
  schedule: choice(
    '--schedule <name>',
    named(schedules),
    schedules.map(({ name }) => name),
    { fallback: 'constant' },
  ),
  warmup: real('--warmup <steps>', 'steps over which the rate rises; below 1 a share of all steps', {
    min: 0,
    fallback: 0,
  }),
  batch: integer('--batch <rows>', 'rows in a step; a ragged last batch of an epoch is left out', {
    min: 1,
    fallback: 32,
  }),
  epochs: real('--epochs <n>', 'times all rows are gone through', { min: 0, fallback: 10 }),
  steps: integer('--steps <n>', 'steps, instead of epochs', { min: 1 }),
  shuffle: switchOff('--no-shuffle', 'rows in stored order, the same in every epoch'),
  alpha: real(
    '--alpha <share>',
    'alpha T^2 KL(teacher || student) + (1 - alpha) cross-entropy; 0: labels only, 1: no labels needed',
    { min: 0, max: 1, shown: '0.9 with labels, 1 without' },
  ),
  temperature: real('--temperature <t>', 'what scores are divided by before softmax', { fallback: 4 }),
  labelSmoothing: real('--label-smoothing <share>', 'certainty that labels give to all classes alike', {
    min: 0,
    max: 1,
    fallback: 0,
  }),
  loss: list(
    '--loss <name=weight>',
    `instead of --alpha, repeatable; a weight may change, e.g. kd=1..0.5; ${named(losses)}`,
  ),
  hint: list(
    '--hint <teacher:student=weight>',
    'values inside that are to be alike, e.g. enc.4:enc.2=0.1 (repeatable)',
  ),
  freeze: list('--freeze <glob>', 'parameters that stay as they are: names of tensors or nodes (repeatable)'),
  frozenBatchnorm: flag('--frozen-batchnorm', 'batch normalizations keep their running statistics'),
  keepZeros: flag('--keep-zeros', 'weights that are zero stay zero: what masks have pruned'),
  clipGrad: real('--clip-grad <norm>', 'largest norm of all gradients together', { min: 0 }),
  ema: real('--ema <share>', 'the result is an average of weights that keeps this share from step to step', {
    min: 0,
    max: 1,
  }),
  accumulate: integer('--accumulate <n>', 'batches whose gradients make one step', { min: 1, fallback: 1 }),
  checkpoint: text('--checkpoint <folder>', 'where to keep what is needed to go on after an interruption', {
    completes: 'file',
  }),
  resume: flag('--resume', 'go on with the checkpoint if there is one'),
  patience: integer('--patience <n>', 'evaluations without improvement before the end', { min: 1 }),
  saveGraph: text('--save-graph <file>', 'write the graph of a step, an ordinary ONNX model', {
    writes: true,
    completes: 'model',
  }),
} as const;

const { optimizer, lr, schedule, batch, alpha, temperature, freeze, frozenBatchnorm } = trainOptions;
const { checkpoint, resume, saveGraph } = trainOptions;

/** Of commands that train at the end of something else; what they do without being asked is theirs to say. */
export const finetuneOptions = {
  optimizer,
  lr,
  schedule: choice(
    '--schedule <name>',
    schedule.forms[0]?.description ?? '',
    schedules.map(({ name }) => name),
    {
      fallback: 'cosine',
    },
  ),
  batch,
  alpha,
  temperature,
  freeze,
  frozenBatchnorm,
  checkpoint,
  resume,
  saveGraph,
} as const;
