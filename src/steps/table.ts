/** The steps a recipe may have, with the files that do them; those that make a model end in one. */
import type { OptionTable, RawValues } from '../options/option.ts';
import { benchOptions } from './bench.options.ts';
import { compareOptions } from './compare.options.ts';
import { convertOptions } from './convert.options.ts';
import { distillOptions } from './distill.options.ts';
import { pruneOptions } from './prune.options.ts';
import { quantizeOptions } from './quantize.options.ts';
import type { RefuseStep, RunStep } from './step.ts';

/** For which purpose a data option is filled where a recipe says nothing; see data in recipe/schema.ts. */
export type DataRole = 'calibration' | 'train' | 'validation' | 'eval';

interface StepModule<O extends OptionTable> {
  readonly run: RunStep<O>;
  readonly refuse?: RefuseStep<O>;
}

export interface StepEntry {
  readonly name: string;
  readonly options: OptionTable;
  /** Options that hold data specs, with what they are filled with; it depends on what else is asked for. */
  readonly data: (given: RawValues) => Readonly<Record<string, DataRole>>;
  /** Null for what measures and changes nothing. */
  readonly load: (() => Promise<StepModule<OptionTable>>) | null;
  /** Whether it learns from the model that all began with. */
  readonly taught: boolean;
}

const entry = <O extends OptionTable>(
  name: string,
  options: O,
  more: {
    readonly data?: StepEntry['data'];
    readonly load?: () => Promise<StepModule<O>>;
    readonly taught?: boolean;
  },
): StepEntry => ({
  name,
  options,
  data: more.data ?? (() => ({})),
  // The values a step is run with are read with its own table.
  load: (more.load ?? null) as StepEntry['load'],
  taught: more.taught ?? false,
});

export const steps: readonly StepEntry[] = [
  entry('convert', convertOptions, { load: () => import('./convert.ts') }),
  entry('prune', pruneOptions, {
    data: ({ recover }) => ({ data: recover === 'finetune' ? 'train' : 'calibration' }),
    load: () => import('./prune.ts'),
  }),
  entry('distill', distillOptions, {
    data: () => ({ data: 'train', eval: 'validation' }),
    load: () => import('./distill.ts'),
    taught: true,
  }),
  entry('quantize', quantizeOptions, {
    data: ({ qat }) => ({ data: 'calibration', ...(qat === true ? { trainData: 'train' } : {}) }),
    load: () => import('./quantize.ts'),
  }),
  entry('bench', benchOptions, { data: () => ({ data: 'eval' }) }),
  entry('compare', compareOptions, { data: () => ({ data: 'eval' }) }),
];

export function stepNamed(name: string): StepEntry | undefined {
  return steps.find((step) => step.name === name);
}
