import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, parse } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { refuseNativeOnly } from '../../src/bench/choose-engine.ts';
import { openInputs } from '../../src/runtime/inputs.ts';
import { openSession } from '../../src/runtime/session.ts';
import { loadWeb, webEngine } from '../../src/runtime/web.ts';
import { llmc } from '../cli/harness.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';

const folder = new Folder('web');
const require = createRequire(import.meta.url);
const model = join(FIXTURES, 'fashion-cnn.onnx');
const QUICK = ['--runs', '2', '--warmup', '0', '--no-gzip', '--runtime', 'web'];

/** A project whose onnxruntime-web takes bytes, as the real one does, and computes with the native runtime. */
function project(name: string, source = ''): string {
  const home = folder.at(name);
  const place = join(home, 'node_modules', 'onnxruntime-web');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'onnxruntime-web', main: 'index.cjs' }));
  const native = JSON.stringify(require.resolve('onnxruntime-node'));
  const standIn = `
    const { InferenceSession, Tensor } = require(${native});
    const create = (bytes, { executionProviders: [provider], ...options }) => {
      if (typeof bytes === 'string' || provider !== 'wasm') throw new Error('not as browsers do it');
      return InferenceSession.create(bytes, options);
    };
    module.exports = { Tensor, InferenceSession: { create }, env: { wasm: {}, versions: { web: '9.8.7' } } };
  `;
  writeFileSync(join(place, 'index.cjs'), source || standIn);
  return home;
}

describe('bench --runtime web', () => {
  const home = project('project');

  it('measures with the package of the project it runs in, one thread by default', async () => {
    const report = join(home, 'report.json');
    const { code, stderr } = await llmc(['bench', model, model, ...QUICK, '--report', report], { cwd: home });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/onnxruntime-web 9\.8\.7.*1 thread,/)]);
    expect(stderr).toMatch(/peak memory: not measured/);
    const { environment, models, comparisons } = JSON.parse(readFileSync(report, 'utf8'));
    expect(environment).toMatchObject({ onnxruntime: '9.8.7', provider: 'wasm', threads: 1 });
    expect(models[1]).toMatchObject({
      latencyMs: { samples: 2 },
      loadMs: expect.any(Number),
      peakRssBytes: null,
      fidelity: { sqnrDb: null, agreement: 1, kl: 0 },
    });
    expect(comparisons[0].speedup.estimate).toBeGreaterThan(0);
  });

  it('says so where a requirement would have nothing to judge', async () => {
    const { code, stderr } = await llmc(['bench', model, ...QUICK, '--require', 'peakRss <= 1GB'], {
      cwd: home,
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('leave out --runtime web')]);
  });

  it('refuses weights in files of their own', async () => {
    const split = folder.at('split.onnx');
    const converted = await llmc(['convert', model, '--external-data', 'always', '-o', split]);
    expect([converted.code, existsSync(split)]).toEqual([0, true]);
    const { code, stderr } = await llmc(['bench', split, ...QUICK], { cwd: home });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/external data.*\n.*--external-data never/s)]);
  });

  it('refuses a file of 2 GB, which no browser loads', async () => {
    const large = folder.at('large.onnx');
    writeFileSync(large, '');
    truncateSync(large, 2 ** 31);
    await expect((await webEngine([home])).open(large, { threads: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('2.15 GB'),
    });
  });

  it.each([
    ['--provider', { provider: 'cpu' }],
    ['--profile', { profile: true }],
    ['--cold-start', { coldStart: true }],
    ['--concurrency', { concurrency: [1] }],
    ['--sweep threads', { sweep: [{ name: 'threads', values: [1, 2] }] }],
  ])('refuses %s, which cannot be measured there', (flag, options) => {
    expect(() => refuseNativeOnly(options)).toThrow(flag);
    expect(() => refuseNativeOnly({ sweep: [{ name: 'batch', values: [1, 2] }] })).not.toThrow();
  });

  it('tells how to install the package where there is none, or a broken or old one', async () => {
    // Temporary folders may lie below a project.
    await expect(loadWeb([parse(folder.path).root])).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      hint: expect.stringMatching(/npm install onnxruntime-web@\d/),
    });
    const broken = project('broken', 'throw new Error("torn")');
    await expect(loadWeb([broken])).rejects.toMatchObject({ code: 'RUNTIME', message: /torn/ });
    const old = project(
      'old',
      'module.exports = { env: { wasm: {}, versions: {} }, InferenceSession: { create: async () => ({}) } }',
    );
    await expect((await webEngine([old])).open(model, { threads: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: /too old/,
    });
  });

  it('looks into the project first and takes the number of threads only once', async () => {
    const other = project('other');
    const engine = await webEngine([other, home]);
    await (await engine.open(model, { threads: 1 })).release();
    await expect(engine.open(model, { threads: 2 })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

/** The real package, which installs of llmc leave out. */
function isInstalled(): boolean {
  try {
    return require.resolve('onnxruntime-web') !== '';
  } catch {
    return false;
  }
}

describe.skipIf(!isInstalled())('onnxruntime-web itself (skipped where it is not installed)', () => {
  it('computes what the native runtime computes', async () => {
    const engine = await webEngine([pathToFileURL(import.meta.url).pathname]);
    const [native, web] = [await openSession(model), await engine.open(model, { threads: 1 })];
    expect([web.inputs, web.outputs]).toEqual([native.inputs, native.outputs]);
    for await (const { feeds } of (await openInputs(native)).batches(2)) {
      const [expected, found] = [await native.run(feeds), await web.run(feeds)];
      for (const [name, { dims, data }] of Object.entries(expected)) {
        expect(found[name]?.dims).toEqual(dims);
        const values = Float32Array.from((found[name]?.data ?? []) as Float32Array);
        expect(values).toHaveLength(data.length);
        for (const [at, value] of values.entries())
          expect(Math.abs(value - (data[at] as number))).toBeLessThan(1e-4);
      }
    }
    await Promise.all([native.release(), web.release()]);
  });
});
