/** Histories that somebody else wrote: nothing they name is run, and nothing they name is written. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../src/onnx/read.ts';
import { saveModel } from '../../src/onnx/write.ts';
import { PROVENANCE, type Provenance, provenanceOf } from '../../src/recipe/provenance.ts';
import { llmc } from '../cli/harness.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { parseModel } from '../support/parse.ts';

const folder = new Folder('forged');
const EVIL = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(folder.at('owned'))}, '');\nexport default [{ inputs: {} }];\n`;

let honest: Provenance;

beforeAll(async () => {
  const list = (count: number): string =>
    Array.from({ length: count }, (_, at) => Math.sin(at + 1).toFixed(4)).join(',');
  folder.save(
    'model.onnx',
    parseModel(`<ir_version: 8, opset_import: ["": 17]> g (float[batch,8] x) => (float[batch,4] y)
      <float[8,4] a = {${list(32)}}> { y = MatMul(x, a) }`),
  );
  const data = Float32Array.from({ length: 64 }, (_, at) => Math.cos(at));
  writeFileSync(folder.at('rows.npz'), npz({ x: { dtype: 'float32', dims: [8, 8], data } }));
  writeFileSync(folder.at('evil.mjs'), EVIL);
  writeFileSync(folder.at('notes.txt'), 'mine');
  const args = ['--scheme', 'int8', '--data', folder.at('rows.npz'), '-o', folder.at('made.onnx'), '--quiet'];
  expect((await llmc(['quantize', folder.at('model.onnx'), ...args])).code).toBe(0);
  honest = provenanceOf(openModel(folder.at('made.onnx')).model) ?? expect.fail('it says how it was made');
});

/** The model with another history. */
async function forged(history: string): Promise<string> {
  const path = folder.at('forged.onnx');
  const { model } = openModel(folder.at('made.onnx'));
  await saveModel(model, path, { force: true, protect: [], metadata: new Map([[PROVENANCE, history]]) });
  return path;
}

function with_(options: Record<string, unknown>, files: Record<string, string | null> = {}): string {
  const [step] = honest.steps;
  const steps = [{ step: step?.step, options: { ...step?.options, ...options } }];
  return JSON.stringify({ ...honest, steps, files: { ...honest.files, ...files } });
}

const digest = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(folder.at(name)))
    .digest('hex');

describe('a forged history', () => {
  it.each([
    ['data of a module', { data: 'module:evil.mjs' }, { 'module:evil.mjs': null }],
    ['data of a module, by its ending', { data: 'evil.mjs' }, {}],
    ['a path to data that is not hashed', { data: 'npz:rows.npz' }, { 'npz:rows.npz': null }],
    ['a whole path', { data: `npz:${folder.at('rows.npz')}` }, {}],
    ['a file that is not hashed', { calibrationTable: folder.at('notes.txt') }, {}],
    ['a step that is none', {}, {}],
  ])('%s is refused, and nothing is run', async (what, options, files) => {
    const text = with_(options, files);
    const path = await forged(what === 'a step that is none' ? text.replace('"quantize"', '"report"') : text);
    const { code, stderr } = await llmc(['reproduce', path]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error \w+: /) });
    expect(existsSync(folder.at('owned'))).toBe(false);
  });

  it.each(['./evil.mjs', 'evil.mjs', folder.at('evil.mjs')])(
    'has no code run as a metric: %s',
    async (metric) => {
      const steps = [{ step: 'distill', options: { student: 'model.onnx', data: 'npz:rows.npz', metric } }];
      const files = { ...honest.files, 'model.onnx': honest.model.sha256, [metric]: digest('evil.mjs') };
      const { code, stderr } = await llmc([
        'reproduce',
        await forged(JSON.stringify({ ...honest, steps, files })),
      ]);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/made with code/) });
      expect(existsSync(folder.at('owned'))).toBe(false);
    },
  );

  it('does not have a file written that it names by its content', async () => {
    const path = await forged(with_({ calibrationTable: 'notes.txt' }, { 'notes.txt': digest('notes.txt') }));
    await llmc(['reproduce', path]);
    expect(readFileSync(folder.at('notes.txt'), 'utf8')).toBe('mine');
  });

  it('does not say where anything is written', async () => {
    const before = folder.list();
    const places = {
      saveGraph: folder.at('graph.onnx'),
      checkpoint: folder.at('saved'),
      output: folder.at('o.onnx'),
    };
    await llmc(['reproduce', await forged(with_(places))]);
    expect(folder.list()).toEqual([...new Set([...before, 'forged.onnx'])].sort());
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"version":1}',
    '{"version":99,"steps":[]}',
    '{"version":1,"steps":[{"step":1}]}',
  ])('that is %j is no history', async (history) => {
    const { code, stderr } = await llmc(['reproduce', await forged(history)]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error \w+: /);
    expect((await llmc(['inspect', folder.at('forged.onnx')])).code).toBe(0);
  });
});
