/** --scope sensitivity: layers whose zeros cost little get more of them, and exactly as many go as were asked for. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../src/ir/floats.ts';
import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { openModel } from '../../src/onnx/read.ts';
import { saveModel } from '../../src/onnx/write.ts';
import { SINGLE } from '../../src/prune/masks/form.ts';
import { pruneMasks } from '../../src/prune/masks/prune-masks.ts';
import type { PruneOptions } from '../../src/prune/options.ts';
import { normal } from '../../src/random.ts';
import { checkModel } from '../../src/runtime/check.ts';
import { silentContext } from '../../src/step.ts';
import { llmc } from '../cli/harness.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { noisyModel } from '../support/quantized.ts';

const folder = new Folder('sensitivity');
const random = normal(3);
const data = folder.at('rows.npz');
writeFileSync(
  data,
  npz({ x: { dtype: 'float32', dims: [24, 16], data: Float32Array.from({ length: 24 * 16 }, random) } }),
);

const OPTIONS: PruneOptions = {
  structure: 'unstructured',
  target: { measure: 'sparsity', share: 0.5 },
  ...{ importance: null, method: 'magnitude', scope: 'sensitivity', roundTo: null, maxPerLayer: 0.9 },
  ...{ include: [], exclude: [], data, samples: 24, recover: 'none', check: 'none' },
};

/** Two layers of the same weights side by side; what the second gives counts a hundredth. */
const GRAPH = `g (float[N,16] x) => (float[N,16] y)
  <float[16,16] loud = {0}, float[16,16] quiet = {0}, float[16,16] tied = {0}, float small = {0.01}>
  { a = MatMul(x, loud) b = MatMul(x, quiet) c = Mul(b, small) d = Add(a, c)
    t = Tanh(d) e = MatMul(t, tied) u = Tanh(e) y = MatMul(u, tied) }`;

function twoLayers(): Model {
  const model = noisyModel(GRAPH);
  const loud = [...model.graph.initializers].find(({ name }) => name === 'loud')?.tensor;
  for (const value of model.graph.initializers) {
    if (value.name === 'quiet' && loud) value.tensor = Tensor.of('float32', [16, 16], floatsOf(loud).slice());
    if (value.name === 'small') value.tensor = Tensor.of('float32', [], Float32Array.of(0.01));
  }
  return model;
}

const zerosOf = (model: Model): Record<string, number> =>
  Object.fromEntries(
    [...model.graph.initializers].flatMap(({ name, tensor }) =>
      tensor && tensor.size > 1 ? [[name, floatsOf(tensor).filter((each) => each === 0).length]] : [],
    ),
  );

const ANYWHERE = { pattern: null, grain: SINGLE };

describe('--scope sensitivity', () => {
  it('takes more where it counts less, and as much as was asked for', async () => {
    for (const share of [0.2, 0.5, 0.7]) {
      const model = twoLayers();
      const options = { ...OPTIONS, target: { measure: 'sparsity', share } as const };
      const { notes } = await pruneMasks(model, ANYWHERE, options, false, silentContext({ threads: 1 }));
      const { loud = 0, quiet = 0, tied = 0 } = zerosOf(model);
      expect(loud + quiet + tied).toBe(Math.round(3 * 256 * share));
      expect(quiet).toBeGreaterThan(loud + 50);
      expect(quiet).toBeLessThanOrEqual(0.9 * 256);
      expect(notes.join()).toMatch(/\(loud\) and .*\(quiet\)|\(tied\) and .*\(quiet\)/);
    }
  });

  it('is the same every time', async () => {
    const [a, b] = [twoLayers(), twoLayers()];
    for (const model of [a, b])
      await pruneMasks(model, ANYWHERE, OPTIONS, false, silentContext({ threads: 1 }));
    expect(zerosOf(a)).toEqual(zerosOf(b));
  });

  it('keeps outputs closer than shares of every layer alike, and than one ranking of all weights', async () => {
    for (const [name, rows] of [
      ['gpt-bytes', 'gpt'],
      ['text-transformer-dynamo', 'text'],
      ['fashion-cnn', 'fashion'],
    ]) {
      const path = join(FIXTURES, `${name}.onnx`);
      const noise = async (scope: PruneOptions['scope']): Promise<number> => {
        const { model } = openModel(path);
        const given = { ...OPTIONS, scope, data: join(FIXTURE_DATA, `${rows}-calibration.npz`), samples: 16 };
        await pruneMasks(model, ANYWHERE, given, false, silentContext({ threads: 1 }));
        const pruned = folder.at(`${name}-${scope}.onnx`);
        await saveModel(model, pruned, { force: true, protect: [] });
        const request = { level: 'full', data: join(FIXTURE_DATA, `${rows}-eval.npz`), samples: 32 } as const;
        const sizes = { dims: {}, baselineBytes: 1, candidateBytes: 1 };
        const { fidelity } = await checkModel(
          path,
          pruned,
          { ...request, ...sizes },
          silentContext({ threads: 1 }),
        );
        return -(fidelity?.sqnrDb ?? expect.fail('outputs differ'));
      };
      const measured = await noise('sensitivity');
      expect(measured).toBeLessThan(await noise('local'));
      expect(measured).toBeLessThan(await noise('global'));
    }
  });

  it.each([
    [['--structure', 'channels', '--sparsity', '0.3', '--data', data], /for masks/],
    [['--structure', 'unstructured', '--sparsity', '0.3'], /measures layers on data/],
    [['--structure', '2:4', '--data', data], /as much of every layer/],
  ])('%j is refused', async (args, message) => {
    folder.save('model.onnx', twoLayers());
    const { code, stderr } = await llmc([
      ...['prune', folder.at('model.onnx'), '-o', folder.at('o.onnx')],
      ...['--scope', 'sensitivity', ...args],
    ]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });
});
