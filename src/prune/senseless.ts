/** Options of pruning that nothing can meet, or that contradict each other. */
import { LlmcError } from '../errors.ts';
import { parseForm, requireForm } from './masks/form.ts';
import type { PruneOptions } from './options.ts';
import { isMask } from './structures.ts';

/** @throws LlmcError USAGE for the first that is found; nothing is read for it */
export function refuseSenseless(options: PruneOptions): void {
  const { structure, target, maxPerLayer, roundTo, recover, data } = options;
  const { measure, share } = target;
  const form = parseForm(structure);
  if (form) requireForm(form);
  if (!(share > 0 && share < 1))
    refuse(
      measure === 'sparsity'
        ? share > 0
          ? `a sparsity of ${share} would leave nothing`
          : `a sparsity of ${share} takes nothing away`
        : `--${measure} ${share} is no share`,
      measure === 'sparsity' ? 'give a share between 0 and 1, e.g. --sparsity 0.3' : `e.g. --${measure} 50%`,
    );
  if (!(maxPerLayer > 0 && maxPerLayer <= 1))
    refuse('--max-per-layer is no share', 'e.g. --max-per-layer 0.8');
  if (roundTo !== null && (!Number.isInteger(roundTo) || roundTo < 1))
    refuse('--round-to is no size', 'e.g. --round-to 8');
  requireMask(options);
  if (recover !== 'none' && data === undefined)
    refuse(`--recover ${recover} looks at activations`, 'give some rows with --data; labels are not needed');
}

/** What concerns masks alone. */
function requireMask({ structure, method, scope, gradual, finetune }: PruneOptions): void {
  if (scope === 'sensitivity' && !isMask(structure))
    refuse('--scope sensitivity is for masks', 'channels have --scope global, local or isomorphic');
  if (gradual && !isMask(structure)) refuse('--gradual is for masks', 'use --structure unstructured or 2:4');
  if (gradual && !finetune)
    refuse('--gradual prunes while the model is trained', 'add --recover finetune and --data');
  if (method && !isMask(structure))
    refuse(
      `--method ${method} is for masks`,
      'use --structure unstructured or 2:4; channels have --importance',
    );
}

function refuse(what: string, hint: string): never {
  throw new LlmcError('USAGE', what, { hint });
}
