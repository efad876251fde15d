/** Pruning of channels as a whole: budgets, ranking, recovery, the same bytes every time. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../src/ir/floats.ts';
import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { meet, Ranking, type Scope } from '../../src/prune/channels/allocate.ts';
import { CostModel, type Gone } from '../../src/prune/channels/cost.ts';
import { prepareCutting } from '../../src/prune/channels/prepare.ts';
import { pruneChannels } from '../../src/prune/channels/prune-channels.ts';
import { findGroups } from '../../src/prune/coupling/coupling.ts';
import type { PruneGroup } from '../../src/prune/coupling/group.ts';
import { cutChannels } from '../../src/prune/cut/cut.ts';
import { importances } from '../../src/prune/importance/table.ts';
import type { PruneOptions } from '../../src/prune/options.ts';
import { openInputs } from '../../src/runtime/inputs.ts';
import { openSession, type Session } from '../../src/runtime/session.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { noisyModel } from '../support/quantized.ts';

const context = silentContext({ threads: 1 });
const OPTIONS: PruneOptions = {
  structure: 'channels',
  target: { measure: 'sparsity', share: 0.5 },
  importance: null,
  scope: 'global',
  roundTo: 1,
  maxPerLayer: 0.9,
  include: [],
  exclude: [],
  data: undefined,
  samples: 64,
  recover: 'none',
  check: 'none',
} as PruneOptions;

async function scored(model: Model, name: string) {
  const { shapes } = await prepareCutting(model, context);
  const groups = findGroups(model, shapes).filter(({ frozen, size }) => frozen === null && size > 1);
  const importance = importances.find((each) => each.name === name);
  const list = groups.flatMap((group) => {
    const scores = importance?.score(group, { seed: 1, products: null, slopes: null });
    return scores ? [{ group, scores, unit: 1 }] : [];
  });
  return { shapes, groups, list };
}

function leftOf(group: PruneGroup, gone: Gone): number {
  return group.size - (gone.get(group)?.reduce((sum, each) => sum + each, 0) ?? 0);
}

describe('a ranking', () => {
  const scopes: Scope[] = ['global', 'local', 'isomorphic'];
  it.for(scopes)('%s: more goes with a larger share, never all, never beyond the limit', async (scope) => {
    const { list } = await scored(openModel(join(FIXTURES, 'fashion-cnn.onnx')).model, 'group');
    const ranking = new Ranking(list, { scope, maxPerGroup: 0.75, roundTo: 8 });
    let before = new Map<PruneGroup, number>(list.map(({ group }) => [group, group.size]));
    for (const share of [0, 0.1, 0.3, 0.5, 0.8, 1]) {
      const gone = ranking.take(share);
      const now = new Map(list.map(({ group }) => [group, leftOf(group, gone)]));
      for (const [group, left] of now) {
        expect(left).toBeLessThanOrEqual(before.get(group) ?? 0);
        expect(left).toBeGreaterThanOrEqual(Math.ceil(0.25 * group.size));
        expect(left === group.size || left % 8 === 0).toBe(true);
      }
      before = now;
    }
    expect([...before.values()].some((left, at) => left < (list[at]?.group.size ?? 0))).toBe(true);
  });
});

describe('costs', () => {
  it.for([
    ['fashion-cnn-torchscript.onnx', 'macs'],
    ['text-transformer-dynamo.onnx', 'params'],
    ['rnn-lstm.onnx', 'macs'],
    ['gpt-bytes.onnx', 'macs'],
  ] as const)('%s: what is counted beforehand is what the cut model has', async ([name, measure]) => {
    const { model } = openModel(join(FIXTURES, name));
    const { shapes, list } = await scored(model, 'l2');
    const costs = new CostModel(model, shapes);
    const gone = meet(
      new Ranking(list, { scope: 'global', maxPerGroup: 0.9, roundTo: 1 }),
      costs,
      measure,
      0.7,
    );
    if (!gone) throw new Error('70 % cannot be reached');
    const expected = costs.of(gone);
    expect(expected[measure] / costs.whole[measure]).toBeLessThanOrEqual(0.7);
    expect(expected[measure] / costs.whole[measure]).toBeGreaterThan(0.6);
    cutChannels(
      [...gone].map(([group, drop]) => ({
        group,
        channels: [...drop.keys()].filter((at) => drop[at] === 1),
      })),
      (value, axis) => shapes.isFixed(value, axis),
    );
    const again = await prepareCutting(model, context);
    expect(new CostModel(model, again.shapes).whole).toEqual(expected);
  });
});

/** Eight channels of which the last four repeat the first ones, scaled. */
function redundant(): Model {
  const model = noisyModel(`g (float[N,3,8,8] x) => (float[N,5,8,8] y)
    <float[8,3,3,3] w = {0}, float[8] b = {0}, float[5,8,3,3] v = {0}, float[5] c = {0}>
    { a = Conv <pads = [1,1,1,1]> (x, w, b) y = Conv <pads = [1,1,1,1]> (a, v, c) }`);
  for (const value of model.graph.initializers) {
    if (!value.tensor || !/^[wb]$/.test(value.name)) continue;
    const floats = Float32Array.from(floatsOf(value.tensor));
    const half = floats.length / 2;
    for (let at = 0; at < half; at++) floats[half + at] = 0.5 * (floats[at] as number);
    value.tensor = Tensor.of('float32', value.tensor.dims, floats);
  }
  return model;
}

async function outputs(model: Model): Promise<Float32Array> {
  const data = Float32Array.from({ length: 2 * 3 * 64 }, (_, at) => Math.sin(at));
  const session = await openSession({ model: encodeModel(model) }, { threads: 1 });
  try {
    return (await session.run({ x: { dtype: 'float32', dims: [2, 3, 8, 8], data } }))['y']
      ?.data as Float32Array;
  } finally {
    await session.release();
  }
}

describe('recovery', () => {
  it('channels that others repeat are found and cost nothing', async () => {
    const [before, model] = [await outputs(redundant()), redundant()];
    const options: PruneOptions = { ...OPTIONS, data: 'synthetic', recover: 'reconstruct' };
    const { changed } = await pruneChannels(model, ['channels'], options, false, context);
    expect(changed).toEqual([{ what: 'w:0', detail: 'channels 8 -> 4' }]);
    const after = await outputs(model);
    const scale = Math.max(...before.map(Math.abs));
    expect(
      Math.max(...after.map((value, at) => Math.abs(value - (before[at] as number)))) / scale,
    ).toBeLessThan(1e-2);
  });

  it('brings back more than half of the error on a network that was not made for it', async () => {
    const path = join(FIXTURES, 'fashion-cnn-torchscript.onnx');
    const data = join(FIXTURE_DATA, 'fashion-calibration.npz?limit=64');
    const half = { target: { measure: 'macs', share: 0.5 }, roundTo: 8 } as const;
    const errors: number[] = [];
    for (const recover of ['none', 'bn', 'reconstruct'] as const) {
      const { model } = openModel(path);
      await pruneChannels(model, ['channels'], { ...OPTIONS, ...half, data, recover }, false, context);
      errors.push(await errorOf(model, openModel(path).model));
    }
    const [none, bn, solved] = errors as [number, number, number];
    expect(bn).toBeLessThan(0.8 * none);
    expect(solved).toBeLessThan(0.5 * bn);
  });

  it('gives the same bytes every time', async () => {
    const bytes = await Promise.all(
      [0, 1].map(async () => {
        const model = redundant();
        await pruneChannels(
          model,
          ['channels'],
          { ...OPTIONS, data: 'synthetic', recover: 'reconstruct' },
          false,
          context,
        );
        return Buffer.from(encodeModel(model)).toString('base64');
      }),
    );
    expect(bytes[0]).toBe(bytes[1]);
  });
});

/** Squared error of the outputs on rows not looked at before, as a share of their energy. */
async function errorOf(model: Model, original: Model): Promise<number> {
  const sessions = await Promise.all(
    [original, model].map((each) => openSession({ model: encodeModel(each) }, { threads: 1 })),
  );
  const [first, second] = sessions as [Session, Session];
  const inputs = await openInputs(first, {
    data: join(FIXTURE_DATA, 'fashion-eval.npz'),
    preferredBatch: 32,
  });
  let [error, energy] = [0, 0];
  for await (const { feeds } of inputs.batches(128)) {
    const [wanted, found] = [await first.run(feeds), await second.run(feeds)];
    for (const [name, { data }] of Object.entries(wanted))
      for (let at = 0; at < data.length; at++) {
        error += (Number(data[at]) - Number(found[name]?.data[at])) ** 2;
        energy += Number(data[at]) ** 2;
      }
  }
  for (const session of sessions) await session.release();
  return error / energy;
}

describe('what was asked for and what went', () => {
  const asked = async (more: Partial<PruneOptions>) => {
    const model = noisyModel(`g (float[N,16] x) => (float[N,4] y) <float[16,32] a = {0}, float[32,4] b = {0}>
      { h = MatMul(x, a) r = Relu(h) y = MatMul(r, b) }`);
    return (await pruneChannels(model, ['channels'], { ...OPTIONS, ...more }, false, context)).shortfall;
  };
  const share = (part: number) => ({ target: { measure: 'sparsity', share: part } as const });

  it.each([
    [{ ...share(0.9), maxPerLayer: 0.1 }, /^only 9.4 % of the channels went, not 90.0 %: .*--max-per-layer/],
    [{ ...share(0.5), roundTo: 64 }, /^nothing was cut, not 50.0 %: .*multiple of 64 \(--round-to\)$/],
    [{ ...share(0.9), maxPerLayer: 0.1, roundTo: 8 }, /--max-per-layer.*, and .*multiple of 8/],
    [{ ...share(0.01) }, /^nothing was cut, not 1.0 %: that is less than one$/],
  ])('%o is told', async (more, text) => {
    expect(await asked(more)).toMatch(text);
  });

  it('what was done needs no word; what nobody can judge is refused', async () => {
    expect(await asked(share(0.5))).toBeUndefined();
    await expect(asked({ ...share(0.5), importance: 'bn' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
