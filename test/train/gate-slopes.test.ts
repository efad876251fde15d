/** Slopes along gates against what happens to the loss when the gates are moved. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { openDataset, parseDataSpec } from '../../src/data/open.ts';
import { floatsOf } from '../../src/ir/floats.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { openSession } from '../../src/runtime/session.ts';
import { silentContext } from '../../src/step.ts';
import { gateSlopes, keyOf } from '../../src/train/gate-slopes.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/training/${name}`, import.meta.url));
const ROWS = 16;
const SLICES = { weight: 'layers.2.weight', axis: 1 };

/** Cross-entropy of the first batch with what reads one channel scaled by `gate`. */
async function lossWith(channel: number, gate: number): Promise<number> {
  const { model } = openModel(fixture('mlp.onnx'));
  for (const value of model.graph.initializers) {
    if (value.name !== SLICES.weight || !value.tensor) continue;
    const [outputs = 0, inputs = 0] = value.tensor.dims;
    const weights = Float32Array.from(floatsOf(value.tensor));
    for (let out = 0; out < outputs; out++)
      weights[out * inputs + channel] = (weights[out * inputs + channel] as number) * gate;
    value.tensor = Tensor.of('float32', value.tensor.dims, weights);
  }
  const session = await openSession({ model: encodeModel(model) }, { threads: 1 });
  const dataset = await openDataset(parseDataSpec(fixture('mlp.npz')));
  for await (const { inputs, labels } of dataset?.batches({ size: ROWS }) ?? []) {
    const { scores } = await session.run({ features: Object.values(inputs)[0] as HostTensor });
    await session.release();
    const data = scores?.data as Float32Array;
    const classes = scores?.dims[1] as number;
    const wanted = Array.from(labels?.data as Iterable<number | bigint>, Number);
    const losses = wanted.map((label, row) => {
      const own = Array.from(data.subarray(row * classes, (row + 1) * classes));
      return Math.log(own.reduce((sum, one) => sum + Math.exp(one), 0)) - (own[label] as number);
    });
    return losses.reduce((sum, one) => sum + one, 0) / ROWS;
  }
  throw new Error('no data');
}

describe('slopes along gates', () => {
  it('are what moving the gates does to the loss', async () => {
    const { model } = openModel(fixture('mlp.onnx'));
    const options = { data: fixture('mlp.npz'), samples: ROWS };
    const found = await gateSlopes(model, [SLICES], options, silentContext({ threads: 1 }));
    const [slopes, ...more] = found.get(keyOf(SLICES)) ?? [];
    expect([slopes?.length, more.length]).toEqual([32, 0]);
    for (const channel of [0, 7, 19, 31]) {
      const [up, down] = [await lossWith(channel, 1.05), await lossWith(channel, 0.95)];
      expect(slopes?.[channel]).toBeCloseTo((up - down) / 0.1, 3);
    }
    expect(Math.max(...(slopes ?? []).map(Math.abs))).toBeGreaterThan(0.01);
  });
});
