/** Child process: one worker that answers requests back to back while others do the same. Started by concurrency-worker.ts. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BareFeeds, openBare } from '../runtime/bare.ts';
import { machineClock } from './child.ts';
import { decodeJobs, type Shift, type WorkerMessage } from './concurrency-job.ts';

/** Runs before it reports ready. */
const WARMUP = 3;
/** Timers are coarse; the last bit is waited for awake. */
const AWAKE_MS = 20;

// A parent that was killed cannot say so.
process.on('disconnect', () => process.exit(0));

function tell(message: WorkerMessage): void {
  process.send?.(message);
}

async function open(): Promise<(round: number) => Promise<unknown>> {
  const jobs = decodeJobs(readFileSync(0));
  const [first] = jobs;
  if (first === undefined) throw new Error('there are no inputs');
  const session = await openBare(first.model, first.threads, first.provider);
  const feeds = jobs.map((job) => session.feeds(job.feeds));
  return (round) => session.run(feeds[round % feeds.length] as BareFeeds);
}

async function work(run: (round: number) => Promise<unknown>, shift: Shift): Promise<void> {
  const [starts, ends]: [number[], number[]] = [[], []];
  await sleep(Math.max(0, shift.at - machineClock() - AWAKE_MS));
  while (machineClock() < shift.at);
  for (let round = 0; ; round++) {
    const start = machineClock();
    if (start >= shift.latest || (start >= shift.until && round >= shift.least)) break;
    await run(round);
    starts.push(start);
    ends.push(machineClock());
  }
  tell({ starts: Float64Array.from(starts), ends: Float64Array.from(ends) });
}

function fail(error: unknown): void {
  tell({ failed: error instanceof Error ? error.message : String(error) });
}

try {
  const run = await open();
  for (let round = 0; round < WARMUP; round++) await run(round);
  process.on('message', (shift) => void work(run, shift as Shift).catch(fail));
  tell({ ready: true });
} catch (error) {
  fail(error);
}
