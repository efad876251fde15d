/** SHA-256 of a file, read as a stream; of large ones by a thread, while others work. */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Below this, starting a thread takes longer. */
const WORTH_A_THREAD = 64 * 2 ** 20;

/** Plain code: what runs from sources has no compiled file for a thread. */
const SCRIPT = `
const { createHash } = require('node:crypto');
const { openSync, readSync, closeSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const hash = createHash('sha256');
const chunk = Buffer.allocUnsafe(1 << 22);
const file = openSync(workerData, 'r');
for (let count; (count = readSync(file, chunk, 0, chunk.length, null)) > 0; ) hash.update(chunk.subarray(0, count));
closeSync(file);
parentPort.postMessage(hash.digest('hex'));
`;

/** Hexadecimal digest of the whole file. */
export async function sha256(path: string): Promise<string> {
  const { size } = statSync(path);
  if (size >= WORTH_A_THREAD) return await byThread(path);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function byThread(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(SCRIPT, { eval: true, workerData: path });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that reads ${path} ended with ${code}`)));
  });
}
