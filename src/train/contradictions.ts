/** Options of a training that would do nothing, or say two things at once. */
import { LlmcError } from '../errors.ts';
import { LEARN_DEFAULTS, type LearnOptions } from './options.ts';

/** @throws LlmcError USAGE for the first contradiction */
export function refuseContradictions(options: LearnOptions): void {
  const { losses, alpha, evaluation, metric, patience, optimizer, momentum, nesterov, steps, epochs } =
    options;
  const refuse = (message: string, hint: string): never => {
    throw new LlmcError('USAGE', message, { hint });
  };
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
