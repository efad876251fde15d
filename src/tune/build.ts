/** Makes the models of candidates, several at a time in processes of their own; what is made already is found again. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LlmcError } from '../errors.ts';
import { readOptions } from '../options/option.ts';
import { execute, leavesMask, type Workshop } from '../recipe/execute.ts';
import type { PlannedStep } from '../recipe/plan.ts';
import type { Context } from '../step.ts';
import { stepNamed } from '../steps/table.ts';
import type { Candidate } from './candidate.ts';

export interface Built {
  readonly candidate: Candidate;
  /** The model; null when the candidate came to nothing. */
  readonly path: string | null;
  /** Why there is none. */
  readonly reason: string;
}

/** What a process of its own is told. */
export interface ChildJob {
  readonly folder: string;
  readonly version: string;
  readonly original: string;
  readonly seed: number;
  readonly threads: number;
  readonly steps: Candidate['steps'];
  readonly data: string | null;
}

/** What it answers. */
export type ChildAnswer = { readonly path: string } | { readonly reason: string; readonly bug?: true };

export interface BuildPlan {
  readonly shop: Workshop;
  /** Rows to look at; null for none. */
  readonly data: string | null;
  readonly version: string;
  /** Processes at once; 1 for none but this one. */
  readonly jobs: number;
}

/** Steps as a recipe would have them. */
export function plannedSteps(steps: Candidate['steps'], data: string | null): PlannedStep[] {
  return steps.map(({ step: name, given }) => {
    const step = stepNamed(name);
    if (!step) throw new Error(`there is no step ${name}`);
    const roles = data === null ? [] : Object.keys(step.data(given)).map((option) => [option, data]);
    // What falls apart is seen when it is measured.
    const all = { ...given, ...Object.fromEntries(roles), check: 'load' };
    return {
      step,
      given: all,
      options: readOptions(step.options, all),
      place: { file: name, line: 1, column: 1 },
    };
  });
}

/** Runs the steps of one candidate here. @throws what the steps throw */
export async function buildHere(
  steps: Candidate['steps'],
  { shop, data }: Pick<BuildPlan, 'shop' | 'data'>,
  context: Context,
): Promise<string> {
  let [input, masked] = [shop.original, false];
  for (const planned of plannedSteps(steps, data)) {
    input = (await execute({ planned, input, masked }, shop, context)).path;
    masked ||= leavesMask(planned);
  }
  return input;
}

/** In the order of the candidates; `each` is called whenever one is done. */
export async function buildAll(
  candidates: readonly Candidate[],
  plan: BuildPlan,
  context: Context,
  each: () => void,
): Promise<Built[]> {
  const script = plan.jobs > 1 ? childScript() : null;
  const built: Built[] = [];
  const queue = [...candidates.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      context.signal.throwIfAborted();
      const [at, candidate] = next;
      built[at] =
        script === null
          ? await tryHere(candidate, plan, context)
          : await tryApart(candidate, plan, script, context);
      each();
    }
  };
  await Promise.all(
    Array.from({ length: script === null ? 1 : Math.min(plan.jobs, candidates.length) }, work),
  );
  return built;
}

async function tryHere(candidate: Candidate, plan: BuildPlan, context: Context): Promise<Built> {
  try {
    return { candidate, path: await buildHere(candidate.steps, plan, context), reason: '' };
  } catch (error) {
    return { candidate, path: null, reason: reasonOf(error) };
  }
}

/** Of failures that speak against a candidate; others end the search. */
export function reasonOf(error: unknown): string {
  const own = ['CHECK_FAILED', 'UNSUPPORTED', 'SELECTOR', 'RUNTIME', 'USAGE', 'DATA'];
  if (error instanceof LlmcError && own.includes(error.code))
    return (error.message.split('\n')[0] ?? '').replace(/:$/, '').replace(/^\w+:1:1: /, '');
  throw error;
}

function childScript(): string | null {
  const near = import.meta.url.endsWith('.ts') ? '../../dist/tune/build-child.js' : './build-child.js';
  const path = fileURLToPath(new URL(near, import.meta.url));
  return existsSync(path) ? path : null;
}

function tryApart(candidate: Candidate, plan: BuildPlan, script: string, context: Context): Promise<Built> {
  const { shop, data, version } = plan;
  const { seed, threads } = shop.surroundings;
  const job: ChildJob = {
    folder: shop.store.folder,
    version,
    original: shop.original,
    seed,
    threads,
    steps: candidate.steps,
    data,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: context.signal,
    });
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (context.signal.aborted) return reject(context.signal.reason);
      const text = Buffer.concat(said).toString();
      if (code !== 0 || text === '')
        return resolve({
          candidate,
          path: null,
          reason: `its process ended with ${killedBy ?? `code ${code}`}`,
        });
      const answer = JSON.parse(text) as ChildAnswer;
      if ('path' in answer) resolve({ candidate, path: answer.path, reason: '' });
      else if (answer.bug) reject(new Error(answer.reason));
      else resolve({ candidate, path: null, reason: answer.reason });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(job));
  });
}
