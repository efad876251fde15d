import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measureColdStarts, timesOf } from '../../src/bench/cold-start.ts';
import { loadAll } from '../../src/bench/load.ts';
import { openSubject } from '../../src/bench/subject.ts';
import { openInputs } from '../../src/runtime/inputs.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';

const folder = new Folder('cold-start');
const model = join(FIXTURES, 'rnn-gru.onnx');

async function measure(path: string, signal = new AbortController().signal) {
  const subject = { ...(await openSubject(model, 'gru')), path };
  const loaded = await loadAll([model], 1, (_, error) => error);
  const [first] = loaded;
  if (!first) throw new Error('nothing was loaded');
  try {
    const inputs = await openInputs(first.session);
    const context = silentContext({ threads: 1, signal });
    return await measureColdStarts([subject], loaded, inputs, context, 2);
  } finally {
    await first.session.release();
  }
}

describe('cold starts', () => {
  it('leave out the way of the inputs and add up', () => {
    const times = timesOf(1000, { started: 1040, fed: 1300, ready: 1360, loaded: 1400, answered: 1403 });
    expect(times).toEqual({ totalMs: 143, processMs: 100, loadMs: 40, firstRunMs: 3, samples: 1 });
  });

  it('take a process each', async () => {
    const { records, samples } = await measure(model);
    const [record] = records;
    expect(record?.samples).toBe(2);
    expect(samples).toHaveLength(1);
    // Node alone takes this long, on this machine and now.
    const begin = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    expect(record?.processMs).toBeGreaterThan((performance.now() - begin) / 10);
    for (const part of ['processMs', 'loadMs', 'firstRunMs'] as const)
      expect(record?.[part]).toBeGreaterThan(0);
  });

  it('name the model that does not start', async () => {
    const path = folder.at('broken.onnx');
    writeFileSync(path, 'not a model');
    await expect(measure(path)).rejects.toMatchObject({
      code: 'RUNTIME',
      message: expect.stringMatching(/^gru: .*could not start/),
    });
  });

  it('stop when interrupted', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('interrupted')), 50);
    await expect(measure(model, abort.signal)).rejects.toThrow('interrupted');
  });
});
