/** Entropy gives way to mse where the outputs cannot bear its clipping. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModel } from '../../../src/onnx/read.ts';
import { quantizeOptionsSchema } from '../../../src/quantize/options.ts';
import { transform } from '../../../src/quantize/transform.ts';
import { silentContext } from '../../../src/step.ts';
import { FIXTURES } from '../../support/fixtures.ts';

it('changes over the values that many equal pixels make it clip too hard', async () => {
  const { model } = openModel(join(FIXTURES, 'fashion-cnn.onnx'));
  const notes: string[] = [];
  const options = quantizeOptionsSchema.parse({
    scheme: 'int8',
    target: 'x64-vnni',
    calibration: 'entropy',
    data: join(FIXTURES, '..', 'data', 'fashion-calibration.npz'),
  });
  const context = silentContext({ threads: 1, note: (text) => void notes.push(text) });
  await transform(model, 'int8', options, context);
  const [, changed, all] =
    notes.join('\n').match(/entropy clips (\d+) of (\d+) values .* they take mse/) ?? [];
  expect(Number(changed)).toBeGreaterThan(0);
  expect(Number(changed)).toBeLessThan(Number(all));
});
