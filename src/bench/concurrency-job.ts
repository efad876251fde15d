/** What workers of a concurrency measurement and their parent tell each other. */
import { decodeJob, encodeJob, type MemoryJob } from './memory-job.ts';

/** When to work, in milliseconds of the machine's clock (child.ts). */
export interface Shift {
  readonly at: number;
  /** Requests go on until then and until there are `least`, but begin no later than `latest`. */
  readonly until: number;
  readonly least: number;
  readonly latest: number;
}

/** When each request began and ended, in order. */
export interface Requests {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

export type WorkerMessage = { readonly ready: true } | { readonly failed: string } | Requests;

/** Several jobs, one for each of the inputs that take turns: each behind four bytes with its length. */
export function encodeJobs(jobs: readonly MemoryJob[]): Uint8Array {
  return Buffer.concat(
    jobs.flatMap((job) => {
      const bytes = encodeJob(job);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

export function decodeJobs(bytes: Buffer): MemoryJob[] {
  const jobs: MemoryJob[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    jobs.push(decodeJob(bytes.subarray(at + 4, end)));
    at = end;
  }
  return jobs;
}
