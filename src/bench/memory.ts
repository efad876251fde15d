/** Peak memory of a model, measured in a process that does nothing else. */
import { spawn } from 'node:child_process';
import { formatBytes } from '../report/units.ts';
import type { InputBatch, ModelInputs } from '../runtime/inputs.ts';
import { childScript, endOf } from './child.ts';
import { encodeJob, type MemoryJob, type MemoryResult } from './memory-job.ts';
import type { Subject } from './subject.ts';
import { engineOf, type Workplace } from './workplace.ts';

/** Inferences after loading: the first allocates, the second shows whether it grows. */
const RUNS = 3;

/** Peak bytes per model in order, null with a warning where it could not be measured. */
export async function measureAllMemory(
  subjects: readonly Subject[],
  inputs: ModelInputs,
  context: Workplace,
): Promise<(number | null)[]> {
  const [batch] = await firstBatch(inputs);
  const progress = context.progress('measuring memory', subjects.length);
  const peaks: (number | null)[] = [];
  for (const { name, path } of subjects) {
    const job = {
      model: path,
      threads: context.threads,
      provider: engineOf(context).provider,
      runs: RUNS,
      inputs: inputs.inputs,
      feeds: batch?.feeds ?? {},
    };
    const result = await measureMemory(job, context.signal);
    if ('failed' in result) context.warn(`peak memory of ${name} could not be measured: ${result.failed}`);
    else if (peaks.length === 0)
      context.note(`peak memory includes ${formatBytes(result.baselineBytes)} of Node itself`);
    peaks.push('failed' in result ? null : result.peakBytes);
    progress.tick();
  }
  progress.done();
  return peaks;
}

async function firstBatch(inputs: ModelInputs): Promise<InputBatch[]> {
  for await (const batch of inputs.batches(1)) return [batch];
  return [];
}

/** Runs the job in a child. Never throws for what happens in the child: the reason comes back instead. */
export function measureMemory(job: MemoryJob, signal?: AbortSignal): Promise<MemoryResult> {
  const script = childScript('memory-child');
  if (script === null) return Promise.resolve({ failed: 'llmc is not built (npm run build)' });
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      stdio: ['pipe', 'pipe', 'ignore'],
      ...(signal === undefined ? {} : { signal }),
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', (error) =>
      signal?.aborted ? reject(signal.reason) : resolve({ failed: error.message }),
    );
    child.on('close', (code, killedBy) => {
      if (signal?.aborted) return;
      resolve(code === 0 ? (JSON.parse(output) as MemoryResult) : { failed: endOf(code, killedBy) });
    });
    // The child may die before it has read everything; its exit code tells why.
    child.stdin.on('error', () => {});
    child.stdin.end(encodeJob(job));
  });
}
