/** Options of a training that mean nothing: numbers out of range, options without effect, two that contradict. */
import { LlmcError } from '../errors.ts';
import { LEARN_DEFAULTS, type LearnOptions } from './options.ts';
import { requireSchedule } from './run/schedule.ts';

/** @throws LlmcError USAGE for the first that is found; nothing is read for it */
export function refuseSenseless(options: LearnOptions): void {
  const { rate, momentum, warmup, epochs, steps, accumulate, batch, clip, ema, smoothing } = options;
  if (rate !== null && !(rate > 0))
    refuse(`--lr ${rate} teaches nothing`, 'give a number above 0, e.g. 0.001');
  if (!(momentum >= 0 && momentum < 1))
    refuse(`--momentum ${momentum} is none`, 'give a number from 0 to below 1');
  if (!(warmup >= 0)) refuse(`--warmup ${warmup} is none`, 'give steps, or a share of them below 1');
  if (!(epochs > 0) || (steps !== null && !(steps > 0)))
    refuse('there is no step to train', 'e.g. --epochs 5');
  if (!(accumulate >= 1) || !(batch >= 1)) refuse('a batch has at least one row', 'e.g. --batch 32');
  if (clip !== null && !(clip > 0)) refuse(`--clip-grad ${clip} is none`, 'give a number above 0, e.g. 1');
  if (ema !== null && !(ema > 0 && ema < 1))
    refuse(`--ema ${ema} is none`, 'give a number below 1, e.g. 0.999');
  if (!(smoothing >= 0 && smoothing < 1)) refuse(`--label-smoothing ${smoothing} is none`, 'e.g. 0.1');
  if (options.resume && options.checkpoint === null)
    refuse('--resume goes on with a checkpoint', 'say where it is with --checkpoint');
  requireSchedule(options.schedule);
  refuseContradictions(options);
}

function refuseContradictions(options: LearnOptions): void {
  const { losses, alpha, evaluation, metric, patience, optimizer, momentum, nesterov, steps, epochs } =
    options;
  if (losses.length > 0 && alpha !== null)
    refuse('--alpha and --loss both say what is learned', 'leave out one of them');
  if (losses.length > 0 && losses.every(({ weight }) => weight[0] === 0 && weight[1] === 0))
    refuse('losses of weight 0 teach nothing', 'give one of them a weight above 0, e.g. --loss kd=0.9');
  if (evaluation === null && metric !== null)
    refuse('--metric judges the rows of --eval', 'add --eval, or leave it out');
  if (evaluation === null && patience !== null)
    refuse('--patience counts evaluations on the rows of --eval', 'add --eval, or leave it out');
  if (optimizer !== 'sgd' && (momentum !== 0 || nesterov))
    refuse(
      `${nesterov ? '--nesterov' : '--momentum'} is of sgd, not of ${optimizer}`,
      'add --optimizer sgd, or leave it out',
    );
  if (nesterov && momentum === 0)
    refuse('--nesterov does nothing without momentum', 'add --momentum 0.9, or leave it out');
  if (steps !== null && epochs !== LEARN_DEFAULTS.epochs)
    refuse('--steps and --epochs both say how long', 'leave out one of them');
}

function refuse(message: string, hint: string): never {
  throw new LlmcError('USAGE', message, { hint });
}
