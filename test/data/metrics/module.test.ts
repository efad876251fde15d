/** Metrics of modules: scored like llmc's own, named in requirements, refused where they are none. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { ScoreBoard } from '../../../src/data/metrics/score-board.ts';
import { loadMetrics, wantedMetrics } from '../../../src/data/metrics/wanted.ts';
import { lowerIsBetter } from '../../../src/report/metric-drop.ts';
import { Folder } from '../../support/folder.ts';

const folder = new Folder('metric');

const floats = (...values: number[]): HostTensor => ({
  dtype: 'float32',
  dims: [values.length, 1],
  data: Float32Array.from(values),
});

async function boardOf(name: string, code: string): Promise<ScoreBoard> {
  const path = folder.at(name);
  writeFileSync(path, code);
  await loadMetrics([path]);
  return new ScoreBoard(wantedMetrics([path]));
}

function score(board: ScoreBoard, outputs: readonly number[], labels: readonly number[], size: number) {
  for (let at = 0; at < outputs.length; at += size)
    board.add({ y: floats(...outputs.slice(at, at + size)) }, floats(...labels.slice(at, at + size)));
  return board.values();
}

const [outputs, labels] = [
  [1, 2, 3, 4, 5.5],
  [1, 1, 5, 4, 5],
];

const WORST = `export default { name: 'worstError', better: 'lower', create() {
  let worst = 0;
  return {
    add({ outputs, labels }) {
      for (const [i, value] of outputs.y.data.entries()) worst = Math.max(worst, Math.abs(value - labels.data[i]));
    },
    result: () => worst,
  };
} }`;

describe('a metric of a module', () => {
  it('is created for each model and sees every batch', async () => {
    const board = await boardOf('worst.mjs', WORST);
    expect(score(board, outputs, labels, 2)).toEqual({ worstError: 2 });
    board.clear();
    expect(score(board, [1], [1], 1)).toEqual({ worstError: 0 });
    expect(lowerIsBetter('worstError')).toBe(true);
  });

  it('may be a function, averaged over rows: the same in batches of any size', async () => {
    const code = `export default ({ outputs, labels, rows }) =>
      outputs.y.data.reduce((sum, value, i) => sum + (value === labels.data[i] ? 1 : 0), 0) / rows`;
    for (const size of [1, 2, 5])
      expect(score(await boardOf('exact.mjs', code), outputs, labels, size)['exact']).toBeCloseTo(0.4, 12);
  });

  it.each([
    ['number', 'export default 5', /neither a function nor an object/],
    ['nothing', 'export const x = 1', /no default export/],
    ['nameless', "export default { name: 'two words', create: () => ({}) }", /its name is no word/],
    [
      'sideways',
      "export default { name: 'x', better: 'up', create: () => ({}) }",
      /neither "higher" nor "lower"/,
    ],
    [
      'hidden',
      "export default { name: 'x', better: 'lower', create: () => ({}) }",
      /does not say that lower is better/,
    ],
    ['idle', "export default { name: 'x' }", /no function create/],
    ['half', "export default { name: 'x', create: () => ({ add() {} }) }", /lacks add or result/],
    ['early', "throw new Error('at home')", /early\.mjs: Error: at home/],
  ])('(%s) is refused in one line', async (name, code, message) => {
    await expect(boardOf(`${name}.mjs`, code)).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(message),
    });
  });

  it('shows its own errors with the file', async () => {
    const board = await boardOf('late.mjs', "export default () => { throw new Error('in the middle') }");
    expect(() => score(board, outputs, labels, 2)).toThrow(/late\.mjs: Error: in the middle/);
    const empty = await boardOf('empty.mjs', 'export default () => undefined');
    expect(() => score(empty, outputs, labels, 2)).toThrow(/empty\.mjs is no metric: its result is NaN/);
  });
});
