/** Options as a program gives them mean what they mean on the command line. */
import { describe, expect, it } from 'vitest';
import { rawValues } from '../../src/options/given.ts';
import { longFlag, type OptionTable, readOptions, takesValue } from '../../src/options/option.ts';
import { benchOptions } from '../../src/steps/bench.options.ts';
import { pruneOptions } from '../../src/steps/prune.options.ts';
import { quantizeOptions } from '../../src/steps/quantize.options.ts';
import { steps } from '../../src/steps/table.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

describe.for(steps.map(({ name, options }) => [name, options] as const))('%s', ([, options]) => {
  it('takes every switch as true and as false', () => {
    for (const [name, option] of Object.entries(options)) {
      const [form] = option.forms;
      if (!form || takesValue(form)) continue;
      for (const value of [true, false])
        expect(option.read(rawValues(options as OptionTable, { [name]: value })), longFlag(form)).toBe(value);
    }
  });

  it('takes every choice', () => {
    for (const [name, option] of Object.entries(options))
      for (const choice of option.choices)
        expect(plain(option.read(rawValues(options as OptionTable, { [name]: choice })))).toEqual(
          plain(option.read({ [name]: choice })),
        );
  });

  it('has the defaults of the command line for what is not given', () => {
    const without = Object.fromEntries(
      Object.entries(options).filter(
        ([, { forms }]) => !forms.some(({ flags }) => flags === '--data <spec>'),
      ),
    );
    expect(plain(readOptions(without, rawValues(without, {})))).toEqual(plain(readOptions(without, {})));
  });
});

it('takes numbers for numbers, lists and single values for lists, and sizes by name', () => {
  const prune = readOptions(pruneOptions, rawValues(pruneOptions, { sparsity: 0.3, exclude: 'head' }));
  expect([prune.sparsity, prune.exclude]).toEqual([0.3, ['head']]);
  const bench = readOptions(
    benchOptions,
    rawValues(benchOptions, { dim: { batch: 4 }, concurrency: [1, 2], metric: ['f1', 'accuracy'] }),
  );
  expect([bench.dim, bench.concurrency, bench.metric]).toEqual([{ batch: 4 }, [1, 2], ['f1', 'accuracy']]);
});

it('refuses what there is not, with the nearest name', () => {
  const given: object = { blocksize: 32 };
  expect(() => rawValues(quantizeOptions, given)).toThrow('there is no option "blocksize"');
});
