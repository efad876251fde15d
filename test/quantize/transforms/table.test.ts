/** The table of transforms is complete and their runner knows its names. */
import { expect, it } from 'vitest';
import { Outcome } from '../../../src/quantize/outcome.ts';
import { applyTransforms } from '../../../src/quantize/transforms/run.ts';
import { TRANSFORMS } from '../../../src/quantize/transforms/table.ts';
import { silentContext } from '../../../src/step.ts';
import { OPTIONS, outlierTransformer } from './networks.ts';

it('is alphabetical and says what each does', () => {
  const names = TRANSFORMS.map(({ name }) => name);
  expect(names).toEqual([...names].sort());
  for (const { summary } of TRANSFORMS) expect(summary.length).toBeGreaterThan(20);
});

it('refuses a name that is none, before it changes anything', async () => {
  const model = await outlierTransformer(32, 'Relu');
  const run = applyTransforms(model, ['equalize', 'smoothqant'], OPTIONS, new Outcome(), silentContext());
  await expect(run).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringContaining('smoothquant') });
});

it('reports what was done to which layer, and why others were left alone', async () => {
  const outcome = new Outcome();
  const names = ['smoothquant', 'bias-correction', 'equalize', 'outlier-channels'];
  const model = await outlierTransformer(64, 'Gelu');
  await applyTransforms(model, names, OPTIONS, outcome, silentContext());
  const details = outcome.prepared.map(({ detail }) => detail);
  expect(
    details.some((detail) => /^smoothquant: alpha [\d.]+, [\d.]+ dB less noise expected$/.test(detail)),
  ).toBe(true);
  // What rounding does to a mean is asked last, of the weights as they will be.
  expect(details.findLastIndex((each) => each.startsWith('smoothquant'))).toBeLessThan(
    details.findIndex((each) => each.startsWith('bias-correction')),
  );
  expect(outcome.notes.some((note) => /does not commute with scaling|cannot scale/.test(note))).toBe(true);
});
