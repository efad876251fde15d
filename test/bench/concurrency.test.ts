import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConcurrencyOptions, measureConcurrency } from '../../src/bench/concurrency.ts';
import { requireRoom } from '../../src/bench/concurrency-room.ts';
import { type Loaded, loadAll } from '../../src/bench/load.ts';
import { openSubject, type Subject } from '../../src/bench/subject.ts';
import { type ModelInputs, openInputs } from '../../src/runtime/inputs.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';

const folder = new Folder('concurrency');
const model = join(FIXTURES, 'rnn-gru.onnx');

let subject: Subject;
let loaded: Loaded[];
let inputs: ModelInputs;
beforeAll(async () => {
  subject = await openSubject(model, 'gru');
  loaded = await loadAll([model], 1, (_, error) => error);
  inputs = await openInputs((loaded[0] as Loaded).session);
});
afterAll(() => (loaded[0] as Loaded).session.release());

function measure(options: Partial<ConcurrencyOptions>, path = model, signal = new AbortController().signal) {
  const all = { levels: [2], timeMs: 60, cores: 2, ...options };
  return measureConcurrency([{ ...subject, path }], loaded, inputs, all, silentContext({ signal }));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('concurrency', () => {
  it('lets so many processes work as were asked for, and ends them', async () => {
    const started: (readonly number[])[] = [];
    const [levels] = await measure({ levels: [1, 2], onWorkers: (pids) => started.push(pids) });
    expect(levels?.map(({ workers, threads, cores }) => [workers, threads, cores])).toEqual([
      [1, 1, 1],
      [2, 1, 2],
    ]);
    expect(started.map(({ length }) => length)).toEqual([1, 2]);
    expect(started.flat().filter(isAlive)).toEqual([]);
    for (const { p50Ms, p99Ms, throughput, throughputLow, throughputHigh, requests } of levels ?? []) {
      expect(p50Ms).toBeLessThanOrEqual(p99Ms);
      expect(throughputLow).toBeLessThanOrEqual(throughput);
      expect(throughputHigh).toBeGreaterThanOrEqual(throughput);
      expect(requests).toBeGreaterThanOrEqual(10);
    }
  });

  it('says so when a worker dies, and leaves none behind', async () => {
    let pids: readonly number[] = [];
    const onWorkers = (given: readonly number[]) => {
      pids = given;
      process.kill(given[1] as number, 'SIGKILL');
    };
    await expect(measure({ onWorkers })).rejects.toMatchObject({
      code: 'RUNTIME',
      message: expect.stringMatching(/^gru: a worker process failed: .*killed/),
    });
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('names the model that does not load in a worker', async () => {
    const path = folder.at('broken.onnx');
    writeFileSync(path, 'not a model');
    await expect(measure({}, path)).rejects.toMatchObject({
      code: 'RUNTIME',
      message: expect.stringMatching(/^gru: a worker process failed: ./),
    });
  });

  it('leaves no process behind when interrupted', async () => {
    const abort = new AbortController();
    let pids: readonly number[] = [];
    const onWorkers = (given: readonly number[]) => {
      pids = given;
      setTimeout(() => abort.abort(new Error('interrupted')), 300);
    };
    await expect(measure({ timeMs: 60_000, onWorkers }, model, abort.signal)).rejects.toThrow('interrupted');
    expect(pids).toHaveLength(2);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe('room for processes', () => {
  it('is refused or warned about by what a process takes', () => {
    const warnings: string[] = [];
    const room = { free: 1000, warn: (text: string) => warnings.push(text) };
    requireRoom([subject], [100], 4, room);
    expect(warnings).toEqual([]);
    requireRoom([subject], [100], 9, room);
    expect(warnings).toHaveLength(1);
    expect(() => requireRoom([subject], [100], 11, room)).toThrow(/11 processes of gru/);
    // Nobody measured it: Node alone takes more than this.
    expect(() => requireRoom([subject], [null], 1, room)).toThrow(/1 process/);
  });
});
