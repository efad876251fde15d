import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BenchOptions, bench } from '../../src/bench/bench.ts';
import { measureColdStarts } from '../../src/bench/cold-start.ts';
import { measureConcurrency } from '../../src/bench/concurrency.ts';
import { type Loaded, loadAll } from '../../src/bench/load.ts';
import { measureAllMemory } from '../../src/bench/memory.ts';
import { profileModels } from '../../src/bench/profile.ts';
import { openSubject, type Subject } from '../../src/bench/subject.ts';
import { planSweep } from '../../src/bench/sweep.ts';
import { timeModels } from '../../src/bench/timing.ts';
import { nativeEngine } from '../../src/runtime/engine.ts';
import { type ModelInputs, openInputs } from '../../src/runtime/inputs.ts';
import { builtInProviders } from '../../src/runtime/providers.ts';
import { type Context, silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';

const model = join(FIXTURES, 'rnn-gru.onnx');
const quick: BenchOptions = { runs: 1, warmup: 0, memory: false, gzip: false };

describe('--provider', () => {
  it('is what the report says', async () => {
    const { environment } = await bench([model], { ...quick, provider: 'CPU' }, silentContext());
    expect(environment.provider).toBe('cpu');
  });

  it('refuses names that onnxruntime does not have, with those it has', async () => {
    const attempt = bench([model], { ...quick, provider: 'abacus' }, silentContext());
    await expect(attempt).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('"abacus"'),
      hint: expect.stringContaining((await builtInProviders()).join(', ')),
    });
  });

  it('refuses a provider without its hardware, with those that work', async (test) => {
    // Installs without GPU libraries have nothing that could load CUDA.
    const found = (await builtInProviders()).includes('cuda') && !hasCuda();
    test.skip(!found, 'onnxruntime is built without CUDA here, or there is the hardware for it');
    await expect(bench([model], { ...quick, provider: 'cuda' }, silentContext())).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/--provider cuda does not work here: \S/),
      hint: expect.stringMatching(/: cpu(,|$)/),
    });
  });
});

function hasCuda(): boolean {
  try {
    return readFileSync('/proc/driver/nvidia/version').length > 0;
  } catch {
    return false;
  }
}

describe('everything that opens a session', () => {
  const warnings: string[] = [];
  const elsewhere = {
    ...silentContext({ threads: 1, warn: (text) => warnings.push(text) }),
    engine: nativeEngine('abacus'),
  };
  let subjects: Subject[];
  let loaded: Loaded[];
  let inputs: ModelInputs;
  beforeAll(async () => {
    subjects = [await openSubject(model, 'gru')];
    loaded = await loadAll([model], 1, (_, error) => error);
    inputs = await openInputs((loaded[0] as Loaded).session);
  });
  afterAll(() => (loaded[0] as Loaded).session.release());

  it.each<[string, (place: Context) => Promise<unknown>]>([
    ['loading', (place) => loadAll([model], 1, (_, error) => error, place.signal, elsewhere.engine)],
    ['cold starts', (place) => measureColdStarts(subjects, loaded, inputs, place, 1)],
    [
      'workers',
      (place) => measureConcurrency(subjects, loaded, inputs, { levels: [1], timeMs: 10, cores: 1 }, place),
    ],
    ['profiles', (place) => profileModels(subjects, inputs, place)],
    ['sweeps', (place) => planSweep(subjects, [{ name: 'batch', values: [1] }], {}, place)],
    // Loaded models are there already; those of later sittings are not.
    ['sittings', (place) => timeModels(subjects, loaded, inputs, { timeMs: 2000 }, place)],
  ])('asks for the provider: %s', async (_, run) => {
    await expect(run(elsewhere)).rejects.toThrow(/abacus/);
  });

  it('asks for the provider: memory', async () => {
    expect(await measureAllMemory(subjects, inputs, elsewhere)).toEqual([null]);
    expect(warnings.join()).toMatch(/abacus/);
  });
});
