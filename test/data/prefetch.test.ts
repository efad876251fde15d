/** The thread that reads data ahead: same rows, same errors, overlap, an end. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import type { Batch, BatchOptions, Dataset } from '../../src/data/dataset.ts';
import { openHere, parseDataSpec } from '../../src/data/open.ts';
import { openAhead, workerScript } from '../../src/data/prefetch/client.ts';
import type { LlmcError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'llmc-prefetch-'));
afterAll(() => rmSync(folder, { recursive: true }));
const script = workerScript() as URL;
const root = fileURLToPath(new URL('../../', import.meta.url));

const line = (at: number, width: number) =>
  `${JSON.stringify({ x: Array.from({ length: width }, (_, i) => at + i / 7), labels: at % 3 })}\n`;
function write(name: string, rows: number, width: number): string {
  const path = join(folder, name);
  writeFileSync(path, Array.from({ length: rows }, (_, at) => line(at, width)).join(''));
  return path;
}
const small = write('small.jsonl', 40, 3);

async function collect(dataset: Dataset, options: BatchOptions): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of dataset.batches(options)) found.push(batch);
  return found;
}

describe('the thread', () => {
  it('gives what reading here gives, as often as asked and at the same time', async () => {
    for (const options of ['', '?shuffle=3&limit=17', '?split=0.5:1']) {
      const spec = parseDataSpec(`${small}${options}`);
      const here = (await openHere(spec)) as Dataset;
      const ahead = await openAhead(spec, script);
      expect({ ...ahead, batches: null }).toEqual({ ...here, batches: null });
      const request = { size: 4, limit: 30 };
      const wanted = await collect(here, request);
      const [first, second] = await Promise.all([collect(ahead, request), collect(ahead, request)]);
      expect(first).toEqual(wanted);
      expect(second).toEqual(wanted);
      const columns = new Set<string>();
      expect(Object.keys((await collect(ahead, { size: 4, columns }))[0]?.inputs ?? {})).toEqual([]);
    }
  });

  it('passes errors on as they are', async () => {
    const path = join(folder, 'bad.jsonl');
    writeFileSync(path, `${line(0, 1).repeat(600)}{}\n${line(0, 1).repeat(600)}`);
    const error = async (open: Promise<Dataset | null>) => {
      const dataset = (await open) as Dataset;
      return collect(dataset, { size: 50 }).catch((thrown: unknown) => thrown);
    };
    const spec = parseDataSpec(path);
    expect(await error(openAhead(spec, script))).toEqual(await error(openHere(spec)));
    for (const bad of [`${path}?labels=nothing`, join(folder, 'none.csv')]) {
      const here = await openHere(parseDataSpec(bad)).catch((thrown: unknown) => thrown);
      const { code, message, hint, exitCode } = here as LlmcError;
      await expect(openAhead(parseDataSpec(bad), script)).rejects.toMatchObject({
        code,
        message,
        hint,
        exitCode,
      });
    }
  });

  it('reads while this thread is blocked', async () => {
    const dataset = await openAhead(parseDataSpec(write('large.jsonl', 600, 4000)), script);
    const used = (): number => process.cpuUsage().user + process.cpuUsage().system;
    const before = used();
    const count = (await collect(dataset, { size: 50 })).length;
    expect(count).toBe(12);
    const work = (used() - before) / count;
    for await (const _ of dataset.batches({ size: 50 })) {
      // This thread sleeps without giving way to its event loop, as in a run of a model: whatever works is the other.
      const start = used();
      const latest = performance.now() + 60_000;
      const clock = new Int32Array(new SharedArrayBuffer(4));
      while (used() - start < work && performance.now() < latest) Atomics.wait(clock, 0, 0, 10);
      expect(used() - start).toBeGreaterThanOrEqual(work);
      break;
    }
  });

  it('gives up on a file that keeps it busy for ever', async () => {
    const data = {
      name: 'x',
      data: Array.from({ length: 64 }, (_, at) => (at % 5 === 0 ? null : at)),
      type: 'INT32',
    } as const;
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [data], codec: 'UNCOMPRESSED' }));
    const path = join(folder, 'endless.parquet');
    // The number of values in the header of the first page, made absurd: levels are repeated for ever.
    bytes[20] = 0xff;
    writeFileSync(path, bytes);
    const dataset = openAhead(parseDataSpec(path), script, { stuckAfter: 1000 });
    await expect(dataset).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/does not come to an end/),
    });
  });
});

it.each(['a half-read dataset', 'a dataset nobody read'])('%s keeps no process alive', async (what) => {
  const program = `
    import { openDataset, parseDataSpec } from ${JSON.stringify(pathToFileURL(join(root, 'dist/data/open.js')).href)};
    const dataset = await openDataset(parseDataSpec(${JSON.stringify(small)}));
    const batches = dataset.batches({ size: 1 })[Symbol.asyncIterator]();
    if (${what.startsWith('a half')}) console.log((await batches.next()).value.size);
    console.log('done');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 20_000,
  });
  expect(stdout).toMatch(/done/);
});
