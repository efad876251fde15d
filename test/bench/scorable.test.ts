/** A metric that judges nothing is refused while there is nothing to lose yet. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bench } from '../../src/bench/bench.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';

const model = join(FIXTURES, 'fashion-cnn.onnx');
const data = `${join(FIXTURES, '../data/fashion-eval.npz')}?limit=8`;

it('refuses a metric that does not suit the labels before it times anything', async () => {
  const shown: string[] = [];
  const silent = silentContext();
  const context = {
    ...silent,
    progress: (label: string, total: number) => {
      shown.push(label);
      return silent.progress(label, total);
    },
  };
  const running = bench([model], { memory: false, gzip: false, data, metrics: ['accuracy', 'wer'] }, context);
  await expect(running).rejects.toMatchObject({ code: 'DATA', message: expect.stringMatching(/for wer/) });
  expect(shown.filter((label) => /tim|warm|comparing/.test(label))).toEqual([]);
});
