/** Child process: loads a model, answers once, writes when it did what to stdout as JSON. Started by cold-start.ts. */
import { readFileSync } from 'node:fs';
import { machineClock } from './child.ts';
import type { StartMarks } from './cold-start.ts';
import { decodeJob } from './memory-job.ts';

async function answer(): Promise<StartMarks | { readonly failed: string }> {
  const started = machineClock();
  try {
    const job = decodeJob(readFileSync(0));
    const fed = machineClock();
    // Loaded only now, so that the inputs' way to this process can be left out.
    const { openBare } = await import('../runtime/bare.ts');
    const { loadOrt } = await import('../runtime/ort.ts');
    await loadOrt();
    const ready = machineClock();
    const session = await openBare(job.model, job.threads, job.provider);
    const loaded = machineClock();
    await session.run(session.feeds(job.feeds));
    return { started, fed, ready, loaded, answered: machineClock() };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

process.stdout.write(JSON.stringify(await answer()));
