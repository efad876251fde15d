import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { LlmcError } from '../../src/errors.ts';
import { type Feeds, findFeeds } from '../../src/runtime/feeds.ts';

const refuse = (message: string): never => {
  throw new LlmcError('RUNTIME', message, { hint: '' });
};
const image = { name: 'x', dtype: 'float32', dims: ['n', 1, 'h', 'w'] };
const ids = { name: 'ids', dtype: 'int64', dims: ['n', 'length'] };
const lowest = (feeds: Feeds) =>
  Array.from(feeds['x']?.data as Float32Array).reduce((a, b) => Math.min(a, b));
const none = async () => undefined;

describe('finding inputs that run', () => {
  it('keeps the first sizes the model accepts', async () => {
    const tried: string[] = [];
    const run = async (feeds: Feeds) => {
      const dims = feeds['x']?.dims.join('x') ?? '';
      tried.push(dims);
      return dims === '1x1x320x64' ? undefined : refuse('wrong size');
    };
    const plan = await findFeeds(run, [image]);
    expect(plan.bindings).toEqual({ n: 1, h: 320, w: 64 });
    expect(plan.size).toBe(1);
    expect(tried[0]).toBe('1x1x224x224');
    expect(new Set(tried).size).toBe(tried.length);
  });

  it('lowers indices to the bound the runtime names', async () => {
    const run = async (feeds: Feeds) => {
      const worst = Array.from(feeds['ids']?.data as BigInt64Array).find((id) => id > 6n);
      if (worst !== undefined) refuse(`idx=${worst} must be within the inclusive range [-7,6]`);
      return undefined;
    };
    const plan = await findFeeds(run, [ids]);
    expect(Math.max(...Array.from(plan.make(0)['ids']?.data as BigInt64Array, Number))).toBe(6);
  });

  it('bounds each input by the tables it indexes, and no other input by them', async () => {
    // Name of the table, its rows, who indexes it; two tables of one input, two inputs of one size.
    const tables = [
      ['kinds', 2, 'kind'],
      ['words', 60, 'ids'],
      ['other words', 40, 'ids'],
      ['flags', 2, 'flag'],
    ] as const;
    const inputs = ['ids', 'flag', 'kind', 'free'].map((name) => ({ ...ids, name }));
    const highest = (feeds: Feeds, name: string) =>
      Math.max(...Array.from(feeds[name]?.data as BigInt64Array, Number));
    const run = async (feeds: Feeds) => {
      for (const [table, rows, name] of tables) {
        const worst = highest(feeds, name);
        if (worst >= rows)
          refuse(`${table}: idx=${worst} must be within the inclusive range [-${rows},${rows - 1}]`);
      }
      return undefined;
    };
    const feeds = (await findFeeds(run, inputs)).make(0);
    for (const name of ['kind', 'flag']) expect(highest(feeds, name)).toBe(1);
    expect(highest(feeds, 'ids')).toBeGreaterThan(30);
    expect(highest(feeds, 'free')).toBeGreaterThan(80);
    // One complaint that no single input answers for: all are bounded.
    const together = async (given: Feeds) => {
      const worst = Math.max(...inputs.map(({ name }) => highest(given, name)));
      return worst < 7 ? undefined : refuse('must be within the inclusive range [-7,6]');
    };
    const all = (await findFeeds(together, inputs)).make(0);
    for (const { name } of inputs) expect(highest(all, name)).toBe(6);
  });

  it('turns to positive floats when normal ones give NaN', async () => {
    const run = async (feeds: Feeds): Promise<Record<string, HostTensor>> => {
      const x = feeds['x'] as HostTensor;
      return { y: { ...x, data: (x.data as Float32Array).map(Math.log) } };
    };
    const plan = await findFeeds(run, [image]);
    expect(lowest(plan.make(0))).toBeGreaterThanOrEqual(0);
  });

  it('keeps normal floats when nothing gives finite outputs', async () => {
    const y: HostTensor = { dtype: 'float32', dims: [1], data: Float32Array.of(Number.NaN) };
    const plan = await findFeeds(async () => ({ y }), [image]);
    expect(lowest(plan.make(0))).toBeLessThan(0);
  });

  it('makes further feeds of the same sizes with other values, the same ones every time', async () => {
    const plan = await findFeeds(none, [image], { seed: 5, batch: 2 });
    expect(plan.size).toBe(2);
    expect(plan.make(3)).toEqual(plan.make(3));
    expect(plan.make(1)['x']?.dims).toEqual(plan.make(0)['x']?.dims);
    expect(plan.make(1)['x']?.data).not.toEqual(plan.make(0)['x']?.data);
  });

  it('uses the sizes it is given', async () => {
    const plan = await findFeeds(none, [image], { dims: { h: 48, w: 320 } });
    expect(plan.make(0)['x']?.dims).toEqual([1, 1, 48, 320]);
  });

  it('refuses a dim the model does not have', async () => {
    await expect(findFeeds(none, [image], { dims: { height: 48 } })).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'its symbolic dims: n, h, w',
    });
  });

  it('guesses no rank that the model does not state', async () => {
    let runs = 0;
    const inputs = [{ name: 'x', dtype: 'float32', dims: [], unranked: true } as const];
    const work = findFeeds(async () => void runs++, inputs);
    await expect(work).rejects.toMatchObject({ code: 'DATA', hint: expect.stringContaining('--data') });
    expect(runs).toBe(0);
  });

  it('refuses a batch size where the model fixes another', async () => {
    const fixed = { ...image, dims: [1, 3, 8, 8] };
    await expect(findFeeds(none, [fixed], { batch: 4 })).rejects.toMatchObject({ code: 'USAGE' });
    expect((await findFeeds(none, [fixed], { batch: 1 })).size).toBe(1);
  });

  it('says what the runtime said when nothing works, and how to help', async () => {
    const run = async () => refuse('Conv: the window is larger than the input');
    await expect(findFeeds(run, [image], { timeMs: 500 })).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringContaining('Conv: the window is larger than the input'),
      hint: expect.stringMatching(/--data.*--dim \(n=\.\.\. h=\.\.\. w=\.\.\.\)/),
    });
  });

  it('lets bugs and interruptions through', async () => {
    await expect(
      findFeeds(async () => {
        throw new TypeError('bug');
      }, [image]),
    ).rejects.toThrow(TypeError);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(findFeeds(none, [image], { signal })).rejects.toThrow('stopped');
  });
});
