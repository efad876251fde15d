/** Answers of teachers on disk: the teacher is spared, and nothing else can tell. */
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { floatsOf } from '../../../src/ir/floats.ts';
import { openModel } from '../../../src/onnx/read.ts';
import { silentContext } from '../../../src/step.ts';
import { learn } from '../../../src/train/learn.ts';
import { Teacher } from '../../../src/train/material/teacher.ts';
import { LEARN_DEFAULTS, type LearnOptions } from '../../../src/train/options.ts';
import { Folder } from '../../support/folder.ts';

const folder = new Folder('stored-answers');
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/training/${name}`, import.meta.url));
const [MODEL, DATA] = [fixture('mlp.onnx'), fixture('mlp.npz')];
const [BATCH, STEPS] = [16, 12];

interface Learned {
  readonly weights: readonly number[][];
  /** Batches the teacher was shown. */
  readonly asked: number;
  readonly notes: readonly string[];
}

/** @param mood is added to what the teacher says */
async function distilled(
  cache: string | null,
  more: Partial<LearnOptions> = {},
  seed = 0,
  mood = 0,
): Promise<Learned> {
  const { model } = openModel(MODEL);
  const real = Teacher.prototype.answer;
  const answer = vi.spyOn(Teacher.prototype, 'answer').mockImplementation(async function (
    this: Teacher,
    feeds,
  ) {
    const said = await real.call(this, feeds);
    const data = said.scores?.data;
    if (!said.scores || !(data instanceof Float32Array)) throw new Error('scores were asked for');
    return { ...said, scores: { ...said.scores, data: data.map((score) => score + mood) } };
  });
  const notes: string[] = [];
  const teacherCache = cache === null ? null : { folder: folder.at(cache), bytes: 1e8 };
  const options = {
    ...LEARN_DEFAULTS,
    data: DATA,
    batch: BATCH,
    steps: STEPS,
    rate: 0.01,
    teacherCache,
    ...more,
  };
  try {
    await learn(
      model,
      [MODEL],
      options,
      silentContext({ threads: 1, seed, note: (text) => notes.push(text) }),
    );
    const weights = [...model.graph.initializers].flatMap(({ tensor }) =>
      tensor?.dtype === 'float32' ? [Array.from(floatsOf(tensor))] : [],
    );
    return { weights, asked: answer.mock.calls.length, notes };
  } finally {
    answer.mockRestore();
  }
}

const files = (cache: string): string[] =>
  readdirSync(folder.at(cache)).map((name) => `${folder.at(cache)}/${name}`);

async function onlyFile(cache: string): Promise<string> {
  await distilled(cache);
  const [file, ...others] = files(cache);
  expect(others).toEqual([]);
  return file as string;
}

describe('answers on disk', () => {
  it('are asked for once, whatever the next training does with them', async () => {
    const without = await distilled(null);
    const first = await distilled('twice');
    const second = await distilled('twice');
    expect([first.weights, second.weights]).toEqual([without.weights, without.weights]);
    expect([first.asked, second.asked]).toEqual([without.asked, 0]);
    expect((await distilled('twice', { optimizer: 'sgd', temperature: 2 })).asked).toBe(0);
    // Other rows come together: one batch is compared before the rest is believed.
    const other = await distilled('twice', {}, 5);
    expect(other.weights).toEqual((await distilled(null, {}, 5)).weights);
    expect(other.asked).toBeLessThan(without.asked);
    expect(files('twice')).toHaveLength(1);
  });

  it('are others for other data, outputs and values', async () => {
    await onlyFile('kinds');
    const data = `${DATA}?split=0:0.9`;
    expect((await distilled('kinds', { data, batch: 8 })).asked).toBeGreaterThan(0);
    const [value] = [...openModel(MODEL).model.graph].flatMap(({ outputs }) =>
      outputs.map((each) => each?.name ?? ''),
    );
    const hints = [{ teacher: value as string, student: value as string, weight: 1 }];
    expect((await distilled('kinds', { hints })).asked).toBeGreaterThan(0);
    expect((await distilled('kinds', { hints })).asked).toBe(0);
    expect(files('kinds')).toHaveLength(3);
  });

  it('are asked for again where they were damaged, and what comes out is the same', async () => {
    const { weights } = await distilled(null);
    const path = await onlyFile('damaged');
    const whole = readFileSync(path);
    const damages: readonly (() => void)[] = [
      () => truncateSync(path, 5000),
      () => truncateSync(path, 10),
      () => truncateSync(path, 0),
      () => writeFileSync(path, Buffer.from(whole).fill(0x55, 4096 + 100, 4096 + 104)),
      () => writeFileSync(path, Buffer.from(whole).fill(0x7b, 0, 40)),
    ];
    for (const damage of damages) {
      damage();
      const again = await distilled('damaged');
      expect(again.weights).toEqual(weights);
      expect(again.asked).toBeGreaterThan(0);
      expect((await distilled('damaged')).asked).toBe(0);
    }
  });

  it('of a teacher that says something else in other batches are not used for these', async () => {
    const path = await onlyFile('moody');
    const bytes = readFileSync(path);
    const { weights, notes } = await distilled('moody', {}, 3, 1e-3);
    expect(notes.join()).toContain('depend on the batches');
    expect(weights).toEqual((await distilled(null, {}, 3, 1e-3)).weights);
    expect(readFileSync(files('moody')[0] as string).equals(bytes)).toBe(false);
  });

  it('stay away where they do not fit, or the folder is none', async () => {
    const small = { folder: folder.at('small'), bytes: 100 };
    const found = await distilled(null, { teacherCache: small });
    expect(found.weights).toEqual((await distilled(null)).weights);
    expect(found.notes.join()).toContain('not stored');
    expect(files('small')).toEqual([]);
    mkdirSync(folder.at('file'));
    rmSync(folder.at('file'), { recursive: true });
    writeFileSync(folder.at('file'), '');
    await expect(distilled('file')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });
});
