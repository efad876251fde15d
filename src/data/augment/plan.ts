/** Augmentations as a spec asks for them: `augment=flip,crop:4&augmentSeed=1`. */
import { LlmcError } from '../../errors.ts';
import { LAYOUT_MEANING } from '../images/options.ts';
import { type DataSpec, wholeOption } from '../spec.ts';
import type { Augmentation, Setting } from './augmentation.ts';
import { augmentations } from './table.ts';

export interface Planned {
  readonly augmentation: Augmentation;
  readonly setting: Setting;
}

export interface AugmentPlan {
  /** In the order in which they are applied. */
  readonly list: readonly Planned[];
  readonly seed: number;
}

export const AUGMENT_KEYS = {
  augment: `random changes, e.g. flip,crop:4; there are ${augmentations.map(({ name }) => name).join(', ')}`,
  augmentSeed: 'seed of these changes, default 0',
  maskId: 'token that augment=mask puts in',
  layout: LAYOUT_MEANING,
};

/** Null when nothing is asked for. LlmcError DATA for names and numbers that there are not. */
export function augmentPlan(spec: DataSpec, ownKeys: Readonly<Record<string, string>>): AugmentPlan | null {
  const text = spec.options.get('augment');
  if (text === undefined) {
    const stray = Object.keys(AUGMENT_KEYS).find(
      (key) => spec.options.has(key) && !Object.hasOwn(ownKeys, key),
    );
    if (stray === undefined) return null;
    throw new LlmcError('DATA', `option ${stray} in "${spec.text}" needs augment`, {
      hint: `leave it out, or ask for changes: ${AUGMENT_KEYS.augment}`,
    });
  }
  const layout = spec.options.get('layout') ?? 'nchw';
  if (layout !== 'nchw' && layout !== 'nhwc')
    throw new LlmcError('DATA', `option layout=${layout} in "${spec.text}" is not known`, {
      hint: 'there are nchw and nhwc',
    });
  const maskId = wholeOption(spec, 'maskId');
  const list = text.split(',').map((part): Planned => {
    const [name = '', number] = part.split(':', 2);
    const augmentation = augmentations.find((each) => each.name === name);
    if (!augmentation)
      throw new LlmcError('DATA', `there is no augmentation "${name}" in "${spec.text}"`, {
        hint: augmentations.map(({ name: each, summary }) => `${each} (${summary})`).join(', '),
      });
    if (augmentation.masks && maskId === undefined)
      throw new LlmcError('DATA', `augment=${name} in "${spec.text}" needs maskId`, {
        hint: "the number of the tokenizer's mask token, e.g. maskId=103",
      });
    return {
      augmentation,
      setting: { amount: amountOf(augmentation, number, spec), layout, maskId: maskId ?? 0 },
    };
  });
  return { list, seed: wholeOption(spec, 'augmentSeed') ?? 0 };
}

function amountOf({ name, summary, amount }: Augmentation, text: string | undefined, spec: DataSpec): number {
  const { least, most, whole, fallback } = amount;
  if (text === undefined && fallback !== null) return fallback;
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const range = most === Number.MAX_VALUE ? `from ${least}` : `from ${least} to ${most}`;
  throw new LlmcError(
    'DATA',
    `augment=${name} in "${spec.text}" needs ${whole ? 'a whole number' : 'a number'} ${range}`,
    {
      hint: `${summary}: for example ${name}:${whole ? 4 : 0.1}`,
    },
  );
}
