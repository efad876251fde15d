/** Recipes as they run: what is kept, what is done again, what is judged. */
import { existsSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../../src/cache/store.ts';
import { openModel } from '../../src/onnx/read.ts';
import { provenanceOf } from '../../src/recipe/provenance.ts';
import { llmc, type Ran } from '../cli/harness.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { parseModel } from '../support/parse.ts';

const folder = new Folder('run');
const WIDTH = 16;

function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, at) => Math.sin((at + 1) * (seed + 0.7)) * 1.5);
}

function save(name: string, seed: number): void {
  const list = (count: number, more: number): string => [...numbers(count, seed + more)].join(',');
  folder.save(
    name,
    parseModel(`<ir_version: 8, opset_import: ["": 17]> g (float[batch,${WIDTH}] x) => (float[batch,4] y)
      <float[${WIDTH},${WIDTH}] a = {${list(WIDTH * WIDTH, 1)}}, float[${WIDTH},4] b = {${list(WIDTH * 4, 2)}}>
      { h = MatMul(x, a) r = Relu(h) y = MatMul(r, b) }`),
  );
}

function saveRows(name: string, seed: number): void {
  const rows = 24;
  const labels = BigInt64Array.from({ length: rows }, (_, at) => BigInt(at % 4));
  writeFileSync(
    folder.at(name),
    npz({
      x: { dtype: 'float32', dims: [rows, WIDTH], data: numbers(rows * WIDTH, seed) },
      labels: { dtype: 'int64', dims: [rows], data: labels },
    }),
  );
}

const recipe = (steps: string, more = ''): string =>
  `version: 1\nmodel: model.onnx\noutput: small.onnx\ndata: rows.npz\nsteps:\n${steps}\n  - bench: { runs: 3, warmup: 1, memory: false, gzip: false }\n${more}`;

const run = (...more: string[]): Promise<Ran> =>
  llmc(['run', folder.at('recipe.yaml'), '--json', ...more], { env: { LLMC_CACHE: folder.at('cache') } });

/** Which steps were done, and which an earlier run had left. */
function stepsOf({ stdout }: Ran): string[] {
  const report = JSON.parse(stdout) as { steps: { name: string; reused?: boolean }[] };
  return report.steps.map(({ name, reused }) => (reused ? `${name} kept` : name));
}

beforeAll(() => {
  save('model.onnx', 1);
  saveRows('rows.npz', 5);
});

describe('options that contradict each other', () => {
  const FIRST = '  - prune: { structure: unstructured, sparsity: 0.5, method: magnitude }';
  it.each([
    ['distill: { steps: 5, alpha: 0.5, loss: [mse=1] }', /recipe\.yaml:7:5: --alpha and --loss/],
    ['prune: { structure: channels, sparsity: 0.5, method: wanda }', /:7:5: --method wanda is for masks/],
    ['quantize: { scheme: fp16, rounding: hqq }', /:7:5: --rounding hqq does not go with fp16/],
  ])('%s: told before the first step is done', async (step, said) => {
    writeFileSync(folder.at('recipe.yaml'), recipe(`${FIRST}\n  - ${step}`));
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr } = await run(...more);
      expect(stderr).toMatch(said);
      expect(stderr).not.toMatch(/prune: done/);
      expect(code).toBe(2);
    }
  });
});

describe('llmc run', () => {
  const PRUNE = '  - prune: { structure: unstructured, sparsity: 0.5, method: magnitude }';
  const INT8 = '  - quantize: { scheme: int8, per-tensor: true }';

  it('does the steps once, and nothing again while nothing changes', async () => {
    writeFileSync(folder.at('recipe.yaml'), recipe(`${PRUNE}\n${INT8}`));
    const first = await run();
    expect(first.stderr).not.toMatch(/error/);
    expect(first.code).toBe(0);
    expect(stepsOf(first)).toEqual(['prune', 'quantize']);
    const bytes = readFileSync(folder.at('small.onnx'));
    const { mtimeMs } = statSync(folder.at('small.onnx'));
    const second = await run();
    expect(stepsOf(second)).toEqual(['prune kept', 'quantize kept']);
    expect(statSync(folder.at('small.onnx')).mtimeMs).toBe(mtimeMs);
    expect(second.stderr).toMatch(/unchanged|measured by an earlier run/);
    utimesSync(folder.at('rows.npz'), new Date(), new Date());
    expect(stepsOf(await run())).toEqual(['prune kept', 'quantize kept']);
    expect(readFileSync(folder.at('small.onnx')).equals(bytes)).toBe(true);
  });

  it('does again what depends on what has changed, and only that', async () => {
    writeFileSync(
      folder.at('recipe.yaml'),
      recipe(`${PRUNE}\n  - quantize: { scheme: int8, per-tensor: false }`),
    );
    expect(stepsOf(await run())).toEqual(['prune kept', 'quantize']);
    writeFileSync(folder.at('recipe.yaml'), recipe(`${PRUNE}\n${INT8}`));
    saveRows('rows.npz', 6);
    expect(stepsOf(await run())).toEqual(['prune', 'quantize']);
    saveRows('rows.npz', 5);
    expect(stepsOf(await run())).toEqual(['prune kept', 'quantize kept']);
  });

  it('does not trust entries that somebody has touched', async () => {
    for (const { folder: entry } of new Store(folder.at('cache')).list()) {
      const model = join(entry, 'quantize.onnx');
      if (existsSync(model)) truncateSync(model, 100);
    }
    expect(stepsOf(await run())).toEqual(['prune kept', 'quantize']);
  });

  it('leaves nothing anywhere with --no-cache, and the same bytes', async () => {
    const bytes = readFileSync(folder.at('small.onnx'));
    const before = new Store(folder.at('cache')).list().length;
    const ran = await run('--no-cache', '-o', folder.at('other.onnx'));
    expect(stepsOf(ran)).toEqual(['prune', 'quantize']);
    expect(readFileSync(folder.at('other.onnx')).equals(bytes)).toBe(true);
    expect(new Store(folder.at('cache')).list()).toHaveLength(before);
  });

  it('replaces what a recipe has made, and nothing else', async () => {
    writeFileSync(folder.at('foreign.onnx'), readFileSync(folder.at('model.onnx')));
    const refused = await run('-o', folder.at('foreign.onnx'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/exists/);
    expect((await run('-o', folder.at('foreign.onnx'), '--force')).code).toBe(0);
  });

  it('keeps the result and exits with 1 when a requirement is not met', async () => {
    writeFileSync(folder.at('recipe.yaml'), recipe(INT8, 'require: ["size <= 100"]'));
    const ran = await llmc(['run', folder.at('recipe.yaml'), '-o', folder.at('unmet.onnx')], {
      env: { LLMC_CACHE: folder.at('cache') },
    });
    expect(ran.code).toBe(1);
    expect(ran.stdout.trimEnd().split('\n').at(-1)).toMatch(/FAILED\s+size <= 100/);
    expect(existsSync(folder.at('unmet.onnx'))).toBe(true);
  });

  it('makes several results from the same first steps, each with requirements of its own', async () => {
    writeFileSync(
      folder.at('recipe.yaml'),
      `version: 1\nmodel: model.onnx\ndata: rows.npz\nsteps:\n${PRUNE}\noutputs:\n  - path: half.onnx\n    steps: [{ quantize: { scheme: fp16 } }]\n    require: [size <= 10]\n  - path: eight.onnx\n    steps:\n    - quantize: { scheme: int8-weights }\n    - bench: { runs: 3, warmup: 1, memory: false, gzip: false }\n`,
    );
    const ran = await run();
    expect(ran.code).toBe(1);
    expect(stepsOf(ran)).toEqual(['prune kept', 'quantize', 'quantize']);
    const report = JSON.parse(ran.stdout) as {
      models: { name: string }[];
      requirements: { expression: string }[];
    };
    expect(report.models.map(({ name }) => name)).toEqual(['model.onnx', 'half.onnx', 'eight.onnx']);
    expect(report.requirements.map(({ expression }) => expression)).toEqual(['half.onnx: size <= 10']);
  });

  it('refuses what it cannot measure where it is written', async () => {
    writeFileSync(folder.at('recipe.yaml'), recipe(INT8, 'require:\n  - size <= 1MB\n  - peakRss <= 1GB'));
    const ran = await run();
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/recipe\.yaml:10:5: .*peakRss/);
  });
});

describe('llmc reproduce', () => {
  it('makes the same bytes again, from files found by name and content', async () => {
    const ran = await llmc([
      'quantize',
      folder.at('model.onnx'),
      '--scheme',
      'int8',
      '--data',
      folder.at('rows.npz'),
      '-o',
      folder.at('made.onnx'),
      '--quiet',
    ]);
    expect(ran.code).toBe(0);
    expect(provenanceOf(openModel(folder.at('made.onnx')).model)?.steps).toEqual([
      { step: 'quantize', options: { scheme: 'int8', data: 'npz:rows.npz' } },
    ]);
    const again = await llmc(['reproduce', folder.at('made.onnx')]);
    expect(again.stdout).toMatch(/the same bytes/);
    expect(again.code).toBe(0);
  });

  it('goes back through several steps of one command each', async () => {
    await llmc([
      'prune',
      folder.at('model.onnx'),
      '--structure',
      '2:4',
      '--method',
      'magnitude',
      '-o',
      folder.at('sparse.onnx'),
      '--quiet',
    ]);
    await llmc([
      'quantize',
      folder.at('sparse.onnx'),
      '--scheme',
      'int8-weights',
      '-o',
      folder.at('chain.onnx'),
      '--quiet',
    ]);
    const made = provenanceOf(openModel(folder.at('chain.onnx')).model);
    expect(made?.from?.steps.map(({ step }) => step)).toEqual(['prune']);
    expect((await llmc(['reproduce', folder.at('chain.onnx')])).code).toBe(0);
  });

  it('says which input is not what it was, and who says nothing', async () => {
    saveRows('rows.npz', 9);
    const changed = await llmc(['reproduce', folder.at('made.onnx')]);
    expect(changed.code).toBe(2);
    expect(changed.stderr).toMatch(/no rows\.npz with the content it had/);
    expect((await llmc(['reproduce', folder.at('model.onnx')])).stderr).toMatch(
      /does not say how it was made/,
    );
  });
});

describe('llmc cache and init', () => {
  it('lists and cleans what is kept, and only in a folder of its own', async () => {
    const env = { LLMC_CACHE: folder.at('cache') };
    const listed = await llmc(['cache', 'list', '--json'], { env });
    const { entries } = JSON.parse(listed.stdout) as { entries: { what: string }[] };
    expect(new Set(entries.map(({ what }) => what))).toContain('measurement');
    expect((await llmc(['cache', 'clean', '--older-than', '1d'], { env })).code).toBe(0);
    expect(new Store(folder.at('cache')).list()).toHaveLength(entries.length);
    expect((await llmc(['cache', 'clean'], { env })).code).toBe(0);
    expect(new Store(folder.at('cache')).list()).toEqual([]);
    expect((await llmc(['cache', 'clean', '--cache', folder.path])).code).toBe(2);
    expect(existsSync(folder.at('model.onnx'))).toBe(true);
    expect((await llmc(['cache', 'list', '--cache', folder.at('nowhere')])).stdout).toMatch(/0 entries/);
  });

  it('writes a recipe that can be run as it is', async () => {
    const ran = await llmc([
      'init',
      folder.at('model.onnx'),
      '-o',
      folder.at('init.yaml'),
      '--data',
      folder.at('rows.npz'),
    ]);
    expect(ran.code).toBe(0);
    const env = { LLMC_CACHE: folder.at('cache') };
    const dry = await llmc(['run', folder.at('init.yaml'), '--dry-run'], { env });
    expect(dry.stdout).toMatch(/to do {2}quantize scheme=int8/);
    expect((await llmc(['init', folder.at('model.onnx'), '-o', folder.at('init.yaml')])).code).toBe(2);
  });
});
