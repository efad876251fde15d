/** What a report tells of passes: what they did to the input, not what quantizing left behind. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { openModel } from '../../src/onnx/read.ts';
import { passRecords } from '../../src/passes/pass-records.ts';
import { type QuantizeOptions, quantizeOptionsSchema } from '../../src/quantize/options.ts';
import type { FixedScheme } from '../../src/quantize/quantize.ts';
import { transform } from '../../src/quantize/transform.ts';
import type { PassRecord } from '../../src/report/schema.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { noisyModel } from '../support/quantized.ts';

const SCHEMES = ['int8-dynamic', 'int8-weights', 'int4', 'fp16', 'bf16'] as const;

async function recordsOf(
  model: Model,
  scheme: FixedScheme,
  options: Partial<QuantizeOptions> = {},
): Promise<PassRecord[]> {
  const parsed = quantizeOptionsSchema.parse({ target: 'portable', check: 'none', ...options, scheme });
  return passRecords((await transform(model, scheme, parsed, silentContext({ threads: 1 }))).traces);
}

/** Labels of nodes, names of what they compute, names of constants. */
function namesIn(model: Model): Set<string> {
  const graphs = [...allGraphs(model)];
  const nodes = graphs.flatMap((graph) => graph.nodes);
  const values = [
    ...graphs.flatMap((graph) => [...graph.initializers]),
    ...nodes.flatMap((node) => node.outputs),
  ];
  return new Set([...nodes.map((node) => node.label), ...values.flatMap((value) => value?.name ?? [])]);
}

describe.for(SCHEMES)('%s', (scheme) => {
  it.for(['text-transformer-torchscript', 'text-transformer-dynamo', 'fashion-cnn', 'rnn-lstm'])(
    'names nothing that is not in the file: %s',
    async (name) => {
      const path = join(FIXTURES, `${name}.onnx`);
      const { model } = openModel(path);
      const known = namesIn(openModel(path).model);
      for (const { pass, examples } of await recordsOf(model, scheme))
        if (pass === 'remove-dead') for (const target of examples) expect(known).toContain(target);
    },
  );

  it('tells what was unused in the file', async () => {
    const model =
      noisyModel(`g (float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}, float[2] idle = {1, 2}> {
      y = MatMul(x, w) }`);
    const dead = { pass: 'remove-dead', what: 'removed unused initializer', count: 1, examples: ['idle'] };
    expect(await recordsOf(model, scheme)).toEqual([dead]);
  });
});

it('tells it under --parity, too, where nothing is prepared', async () => {
  const model =
    noisyModel(`g (float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}, float[2] idle = {1, 2}> {
    [old] unread = Abs(x) y = MatMul(x, w) }`);
  const records = await recordsOf(model, 'int8-dynamic', { parity: 'ort' });
  expect(records.map(({ what, examples }) => [what, examples])).toEqual([
    ['removed unused node', ['old (Abs)']],
    ['removed unused initializer', ['idle']],
  ]);
});
