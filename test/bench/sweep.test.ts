import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSubject, type Subject } from '../../src/bench/subject.ts';
import { planSweep, runSweep } from '../../src/bench/sweep.ts';
import { crossed, parseSweep, placeName } from '../../src/bench/sweep-axes.ts';
import type { InputOptions } from '../../src/runtime/inputs.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { parseModel } from '../support/parse.ts';

const folder = new Folder('sweep');
const context = silentContext({ threads: 1 });

describe('axes of a sweep', () => {
  it('cross to every combination, once', () => {
    const places = crossed(parseSweep(['batch=4,1,4', 'threads=2,1', 'a=b=3']));
    expect(places.map(placeName)).toEqual([
      'batch=1 threads=1 a=b=3',
      'batch=1 threads=2 a=b=3',
      'batch=4 threads=1 a=b=3',
      'batch=4 threads=2 a=b=3',
    ]);
    expect(crossed([])).toEqual([{}]);
  });

  it.each([
    [['batch'], /not name=size/],
    [['batch='], /not name=size/],
    [['batch=0'], /not name=size/],
    [['batch=1,x'], /not name=size/],
    [['=3'], /not name=size/],
    [['batch=1', 'batch=2'], /given twice/],
    [['a=1,2,3,4,5,6,7,8', 'b=1,2,3,4,5,6,7,8,9'], /72 points/],
  ])('refuses %j', (texts, message) => {
    expect(() => parseSweep(texts)).toThrow(message);
  });
});

describe('a sweep', () => {
  let subjects: Subject[] = [];
  beforeAll(async () => {
    const copy = folder.at('copy.onnx');
    copyFileSync(join(FIXTURES, 'rnn-gru.onnx'), copy);
    subjects = [await openSubject(join(FIXTURES, 'rnn-gru.onnx'), 'gru'), await openSubject(copy, 'copy')];
  });

  const plan = (texts: readonly string[], request: InputOptions = {}) =>
    planSweep(subjects, parseSweep(texts), request, context);

  it('has models of every point on the same inputs, of the sizes asked for', async () => {
    const stops = await plan(['time=3,5', 'batch=1,2', 'threads=1']);
    const sizes: (readonly number[])[] = [];
    for (const { inputs } of stops)
      for await (const { feeds } of inputs.batches(1)) sizes.push(Object.values(feeds)[0]?.dims ?? []);
    expect(sizes.map((dims) => dims.slice(0, 2))).toEqual([
      [1, 3],
      [2, 3],
      [1, 5],
      [2, 5],
    ]);
    const points = await runSweep(subjects, stops, { runs: 3, warmup: 0 }, context);
    expect(points.map(({ at }) => at)).toEqual(stops.map(({ place }) => place));
    expect(points.map(({ rows }) => rows)).toEqual([1, 2, 1, 2]);
    for (const { models } of points) {
      expect(models.map(({ name }) => name)).toEqual(['gru', 'copy']);
      expect(models.map(({ speedup }) => speedup === null)).toEqual([true, false]);
    }
  });

  it('takes batches of data, but no other sizes of it', async () => {
    const data = `${join(FIXTURE_DATA, 'rnn-eval.npz')}?limit=8`;
    const stops = await plan(['batch=1,4'], { data });
    for (const [index, { inputs }] of stops.entries())
      for await (const { size } of inputs.batches(4)) {
        expect(size).toBe([1, 4][index]);
        break;
      }
    await expect(plan(['time=3'], { data })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('refuses at once what the first or another model does not take, by point and name', async () => {
    await expect(plan(['tokens=3'])).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/^--sweep tokens=3: gru: .*"tokens"/),
    });
    const open = folder.save('open.onnx', parseModel('g (float[N,4] x) => (float[N,4] y) { y = Abs(x) }'));
    const fixed = folder.save('fixed.onnx', parseModel('g (float[1,4] x) => (float[1,4] y) { y = Abs(x) }'));
    const of = (paths: readonly string[]) => Promise.all(paths.map((path) => openSubject(path, path)));
    const axes = parseSweep(['batch=1,4']);
    await expect(planSweep(await of([open, fixed]), axes, {}, context)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^--sweep batch=4: .*fixed\.onnx: /),
    });
    await expect(planSweep(await of([fixed]), axes, {}, context)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/fixed at 1/),
    });
    expect(await planSweep(await of([open]), axes, {}, context)).toHaveLength(2);
  });
});
