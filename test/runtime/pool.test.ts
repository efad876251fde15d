/** Worker pool: every job is answered or fails, whatever its thread does. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkerPool } from '../../src/runtime/pool.ts';
import { useFolder } from '../onnx/folder.ts';

const folder = useFolder();
const pools: WorkerPool[] = [];

/** Answers numbers with their squares, bytes with their length; obeys words. */
const SCRIPT = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', (message) => {
    if (message === 'exit') process.exit(3);
    if (message === 'throw') throw new Error('thrown in the thread');
    if (message === 'sleep') return;
    if (message instanceof Uint8Array) message = Math.sqrt(message.length);
    setTimeout(() => parentPort.postMessage(message * message), message % 3);
  });`;

function start(size: number, script = SCRIPT): WorkerPool {
  writeFileSync(folder.at('worker.mjs'), script);
  const pool = new WorkerPool(pathToFileURL(folder.at('worker.mjs')), size);
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('a pool of threads', () => {
  it('gives every job its own answer', async () => {
    const pool = start(2);
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    expect(await Promise.all(numbers.map((i) => pool.run(i)))).toEqual(numbers.map((i) => i * i));
  });

  it('moves what is to be transferred', async () => {
    const bytes = new Uint8Array(100);
    expect(await start(1).run(bytes, [bytes.buffer])).toBe(100);
    expect(bytes.byteLength).toBe(0);
  });

  it.each(['exit', 'throw'])('fails the job whose thread ends (%s), and no other', async (word) => {
    const pool = start(2);
    const jobs = [1, word, 2, 3, 4].map((message) => pool.run(message).catch(() => 'failed'));
    expect(await Promise.all(jobs)).toEqual([1, 'failed', 4, 9, 16]);
    expect(pool.size).toBe(1);
  });

  it('fails all jobs when no thread is left', async () => {
    const pool = start(1);
    const jobs = ['exit', 1, 2].map((message) => pool.run(message).catch(() => 'failed'));
    expect(await Promise.all(jobs)).toEqual(['failed', 'failed', 'failed']);
    await expect(pool.run(3)).rejects.toThrow();
  });

  it('fails jobs of a script that cannot be loaded', async () => {
    await expect(start(2, 'import "./nowhere.mjs";').run(1)).rejects.toThrow();
  });

  it('ends threads in the middle of a job when it is closed', async () => {
    const pool = start(2);
    const jobs = ['sleep', 'sleep', 1].map((message) => pool.run(message).catch(() => 'failed'));
    await pool.close();
    expect(await Promise.all(jobs)).toEqual(['failed', 'failed', 'failed']);
    expect(pool.size).toBe(0);
  });
});
