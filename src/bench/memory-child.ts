/** Child process: loads one model, runs it, writes its peak memory to stdout as JSON. Started by memory.ts. */
import { readFileSync } from 'node:fs';
import { feedAdapter } from '../runtime/adapt.ts';
import { openSession } from '../runtime/session.ts';
import { decodeJob, type MemoryResult } from './memory-job.ts';

/**
 * Highest resident memory of this process so far. Linux: VmHWM, because getrusage's maximum also covers the moment
 * between fork and exec, when the child still is a copy of its (possibly large) parent.
 */
function peakRssBytes(): number {
  if (process.platform === 'linux') {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (match) return Number(match[1]) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}

async function measure(): Promise<MemoryResult> {
  const baselineBytes = peakRssBytes();
  try {
    const job = decodeJob(readFileSync(0));
    const { threads, provider = 'cpu' } = job;
    const session = await openSession(job.model, { threads, provider });
    const feeds = feedAdapter(job.inputs, session.inputs)(job.feeds);
    for (let run = 0; run < job.runs; run++) await session.run(feeds);
    return { baselineBytes, peakBytes: peakRssBytes() };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

process.stdout.write(JSON.stringify(await measure()));
