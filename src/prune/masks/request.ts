/** What may be asked of masks. */
import { LlmcError } from '../../errors.ts';
import type { PruneOptions } from '../options.ts';
import type { MaskMethod } from './mask-layer.ts';
import type { Pattern } from './pattern.ts';

export const maskMethods: readonly { readonly name: MaskMethod; readonly summary: string }[] = [
  { name: 'magnitude', summary: 'the smallest weights go' },
  { name: 'wanda', summary: 'the smallest next to what they are multiplied with' },
  { name: 'sparsegpt', summary: 'those that the others can stand in for, which they then do' },
];

/**
 * The method; by default the best there is data for.
 * @throws LlmcError USAGE for options that contradict each other or mean nothing for masks
 */
export function requireMaskOptions(
  { method: asked, target, data, scope, maxPerLayer, recover, importance, roundTo, gradual }: PruneOptions,
  pattern: Pattern | null,
  dryRun: boolean,
): MaskMethod {
  // Weights that are trained are judged by their size: nothing else stays true from one moment to the next.
  const name = asked ?? (gradual ? 'magnitude' : null);
  if (gradual && name !== 'magnitude')
    refuse(`--gradual goes by magnitude, not by --method ${name}`, 'leave out --method');
  const method = maskMethods.find(
    (each) => each.name === (name ?? (data === undefined ? 'magnitude' : 'sparsegpt')),
  );
  if (!method)
    return refuse(
      `there is no method '${name}'`,
      `choices: ${maskMethods.map((each) => each.name).join(', ')}`,
    );
  if (method.name !== 'magnitude' && data === undefined && !dryRun)
    refuse(
      `--method ${method.name} judges weights on data`,
      'give some rows with --data, or use --method magnitude',
    );
  if (target.measure !== 'sparsity')
    refuse(
      `masks do not change --${target.measure}`,
      'give --sparsity; --structure channels makes models smaller',
    );
  const share = pattern ? 1 - pattern.kept / pattern.of : target.share;
  if (pattern && Math.abs(share - target.share) > 1e-6)
    refuse(
      `${pattern.kept}:${pattern.of} makes a sparsity of ${share}, not ${target.share}`,
      'leave out --sparsity',
    );
  if (share > maxPerLayer)
    refuse(`a sparsity of ${share} is beyond --max-per-layer ${maxPerLayer}`, 'raise it');
  if (scope === 'isomorphic')
    refuse('--scope isomorphic compares channels', 'for masks: --scope global, local or sensitivity');
  if (scope === 'sensitivity' && data === undefined && !dryRun)
    refuse('--scope sensitivity measures layers on data', 'give some rows with --data, or leave it out');
  if (scope === 'sensitivity' && pattern)
    refuse(`${pattern.kept}:${pattern.of} takes as much of every layer`, 'leave out --scope');
  if (importance !== null) refuse('--importance judges channels', 'masks have --method');
  if (roundTo !== null) refuse('--round-to is for channels', 'for regular masks: --structure 2:4');
  if (recover === 'reconstruct')
    refuse('--recover reconstruct is for channels', 'weights are updated by --method sparsegpt');
  return method.name;
}

function refuse(what: string, hint: string): never {
  throw new LlmcError('USAGE', what, { hint });
}
