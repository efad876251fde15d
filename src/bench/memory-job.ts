/** What a memory measurement and its child process tell each other: what to load and feed, and what it took. */

import { allocate, type HostTensor } from '../data/host-tensor.ts';
import type { ValueInfo } from '../data/value-info.ts';

export interface MemoryJob {
  readonly model: string;
  readonly threads: number;
  /** Execution provider; default cpu. */
  readonly provider?: string;
  readonly runs: number;
  /** The graph inputs the feeds were made for; the child adapts them to its model. */
  readonly inputs: readonly ValueInfo[];
  readonly feeds: Readonly<Record<string, HostTensor>>;
}

export type MemoryResult =
  | {
      /** Highest resident memory after loading and some runs; nothing is subtracted. */
      readonly peakBytes: number;
      /** The same for Node before it loads anything. */
      readonly baselineBytes: number;
    }
  | { readonly failed: string };

interface FeedHeader {
  readonly name: string;
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly strings?: string[];
  readonly length: number;
}

/** Four bytes with the length of a JSON header, the header, then the elements of every feed in order. */
export function encodeJob(job: MemoryJob): Uint8Array {
  const feeds: FeedHeader[] = [];
  const parts: Uint8Array[] = [];
  for (const [name, { dtype, dims, data }] of Object.entries(job.feeds)) {
    if (Array.isArray(data)) {
      feeds.push({ name, dtype, dims, strings: data, length: 0 });
    } else {
      feeds.push({ name, dtype, dims, length: data.length });
      parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  const header = Buffer.from(JSON.stringify({ ...job, feeds }));
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(header.length);
  return Buffer.concat([prefix, header, ...parts]);
}

export function decodeJob(bytes: Uint8Array): MemoryJob {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 4 + buffer.readUInt32LE(0);
  const header = JSON.parse(buffer.toString('utf8', 4, at)) as Omit<MemoryJob, 'feeds'> & {
    feeds: FeedHeader[];
  };
  const feeds: Record<string, HostTensor> = {};
  for (const { name, dtype, dims, strings, length } of header.feeds) {
    if (strings !== undefined) {
      feeds[name] = { dtype, dims, data: strings };
      continue;
    }
    const data = allocate(dtype, length);
    new Uint8Array(data.buffer).set(buffer.subarray(at, at + data.byteLength));
    at += data.byteLength;
    feeds[name] = { dtype, dims, data };
  }
  return { ...header, feeds };
}
