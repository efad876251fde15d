/** Cold start: how long from the start of a process until it has given its first answer. */
import { spawn } from 'node:child_process';
import { LlmcError } from '../errors.ts';
import { median } from '../numeric/statistics.ts';
import type { ColdStart } from '../report/schema-bench.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import type { ModelInputs } from '../runtime/inputs.ts';
import { endOf, machineClock, requireChild } from './child.ts';
import type { Loaded } from './load.ts';
import { encodeJob } from './memory-job.ts';
import { about, type Subject } from './subject.ts';
import { engineOf, type Workplace } from './workplace.ts';

/** When a process came how far, in milliseconds of the machine's clock. */
export interface StartMarks {
  /** Node runs the first line. */
  readonly started: number;
  /** It has its inputs. */
  readonly fed: number;
  /** onnxruntime is loaded. */
  readonly ready: number;
  /** The model is loaded. */
  readonly loaded: number;
  /** The first outputs are there. */
  readonly answered: number;
}

/** Starts of each model, in rounds; from about six on it can be told whether models differ, three must do for slow ones. */
const ROUNDS = 10;
const FEWEST = 3;
/** No round above the fewest begins after so many milliseconds for each model. */
const TIME_MS = 10_000;

export interface ColdStarts {
  /** One for each model. */
  readonly records: readonly ColdStart[];
  /** Milliseconds by model and round. */
  readonly samples: readonly Float64Array[];
}

/**
 * Starts a process for each model in turn, several times: Node, onnxruntime, the model, one run. The files are in the
 * cache of the operating system, since they have just been read. Sending the inputs is not counted. LlmcError RUNTIME naming the model that failed.
 */
export async function measureColdStarts(
  subjects: readonly Subject[],
  loaded: readonly Loaded[],
  inputs: ModelInputs,
  context: Workplace,
  most = ROUNDS,
): Promise<ColdStarts> {
  const { threads, signal } = context;
  const { provider } = engineOf(context);
  const script = requireChild('cold-start-child');
  const jobs: Uint8Array[] = [];
  for await (const { feeds } of inputs.batches(1)) {
    for (const [index, { path }] of subjects.entries()) {
      const own = (loaded[index] as Loaded).session.inputs;
      const adapted = feedAdapter(inputs.inputs, own)(feeds);
      jobs.push(encodeJob({ model: path, threads, provider, runs: 1, inputs: own, feeds: adapted }));
    }
    break;
  }
  const progress = context.progress('cold starts', most);
  const starts: ColdStart[][] = subjects.map(() => []);
  const begin = performance.now();
  try {
    for (let round = 0; round < most; round++) {
      if (round >= FEWEST && performance.now() - begin > TIME_MS * subjects.length) break;
      for (let turn = 0; turn < subjects.length; turn++) {
        const index = (turn + round) % subjects.length;
        signal.throwIfAborted();
        const begun = machineClock();
        const marks = await startOnce(script, jobs[index] as Uint8Array, signal).catch((error: unknown) => {
          throw about(subjects[index] as Subject, error);
        });
        starts[index]?.push(timesOf(begun, marks));
      }
      progress.tick();
    }
  } finally {
    progress.done();
  }
  context.note(
    'cold starts: the files are in the cache of the operating system; from a disk, loading takes longer',
  );
  return {
    records: starts.map(summary),
    samples: starts.map((list) => Float64Array.from(list, ({ totalMs }) => totalMs)),
  };
}

/** @param begun when the process was asked for */
export function timesOf(begun: number, { started, fed, ready, loaded, answered }: StartMarks): ColdStart {
  const processMs = started - begun + (ready - fed);
  const [loadMs, firstRunMs] = [loaded - ready, answered - loaded];
  return { totalMs: processMs + loadMs + firstRunMs, processMs, loadMs, firstRunMs, samples: 1 };
}

/** Medians, each by itself. */
function summary(starts: readonly ColdStart[]): ColdStart {
  const of = (part: 'totalMs' | 'processMs' | 'loadMs' | 'firstRunMs') =>
    median(starts.map((start) => start[part]));
  return {
    totalMs: of('totalMs'),
    processMs: of('processMs'),
    loadMs: of('loadMs'),
    firstRunMs: of('firstRunMs'),
    samples: starts.length,
  };
}

function startOnce(script: string, job: Uint8Array, signal: AbortSignal): Promise<StartMarks> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      stdio: ['pipe', 'pipe', 'ignore'],
      signal,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', (error) => reject(signal.aborted ? signal.reason : failure(error.message)));
    child.on('close', (code, killedBy) => {
      if (signal.aborted) return reject(signal.reason);
      if (code !== 0) return reject(failure(endOf(code, killedBy)));
      const result = JSON.parse(output) as StartMarks | { readonly failed: string };
      if ('failed' in result) reject(failure(result.failed));
      else resolve(result);
    });
    // The child may die before it has read everything; its exit code tells why.
    child.stdin.on('error', () => {});
    child.stdin.end(job);
  });
}

function failure(why: string): LlmcError {
  return new LlmcError('RUNTIME', `a process of its own could not start the model: ${why}`, {
    hint: 'leave out --cold-start, or see whether memory runs short',
  });
}
