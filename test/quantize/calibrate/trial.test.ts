/** Trials quantize what they are told to and nothing else. */
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Tensor } from '../../../src/ir/tensor.ts';
import type { Value } from '../../../src/ir/value.ts';
import { expectations, Trial } from '../../../src/quantize/calibrate/trial.ts';
import { normal } from '../../../src/random.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { silentContext } from '../../../src/step.ts';
import { Folder } from '../../support/folder.ts';
import { npz } from '../../support/npz.ts';
import { parseModel } from '../../support/parse.ts';

const folder = new Folder('trial');
const ROWS = 4;

it('float weights between quantized values stay as they are, beside a thousand times larger ones too', async () => {
  const model = parseModel(`g (float[4, 2, 8] x) => (float[4, 2, 8] y) <float[2, 2, 1] w = {0}> {
    c = Conv (x, w) r = Relu (c) y = Neg (r) }`);
  const [weight] = model.graph.initializers;
  if (!weight) throw new Error('the model has no weight');
  weight.tensor = Tensor.of('float32', [2, 2, 1], Float32Array.of(1000, 1, -1000, -1));
  await inferTypes(model);
  const data = folder.at('x.npz');
  const next = normal(2);
  // The first channel, which has the large weights, is empty.
  const x = Float32Array.from({ length: ROWS * 16 }, (_, i) => (i % 16 < 8 ? 0 : next()));
  writeFileSync(data, npz({ x: { dtype: 'float32', dims: [ROWS, 2, 8], data: x } }));
  const values = [model.graph.inputs[0], model.graph.nodes[1]?.output()] as Value[];
  const spec = { type: 'uint8', symmetric: false } as const;
  const request = { values, method: 'auto', spec, data, samples: ROWS, percentile: 99.9 } as const;
  const context = silentContext({ threads: 1 });
  const samples = await expectations(model, request, { found: ROWS, judged: 0, rows: ROWS }, context);
  const trial = await Trial.open(model, values, request, context);
  try {
    const range = { min: -4, max: 4, method: 'minmax' };
    const error = await trial.error(samples, new Map(values.map(({ name }) => [name, range])));
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.001);
  } finally {
    await trial.release();
  }
});
