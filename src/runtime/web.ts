/** onnxruntime-web, the WebAssembly build that browsers run: found where the user's project has it, else beside llmc. */
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as Ort from 'onnxruntime-node';
import { LlmcError } from '../errors.ts';
import { formatBytes } from '../report/units.ts';
import type { Engine } from './engine.ts';
import { smallModel } from './matrix-engine.ts';
import { firstLine } from './ort.ts';
import { OrtSession, unrankedAmong } from './ort-session.ts';
import { requireFile, type Session } from './session.ts';

/** Both packages have the classes of onnxruntime-common. */
export type WebModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>;

export const WEB_PACKAGE = 'onnxruntime-web';
/** What llmc was tried with. */
const VERSION = '1.30.0';
/** A protobuf message, which a file is to onnxruntime-web, ends there. */
const MOST_BYTES = 2 ** 31 - 1;

/** The module and its version; `from` are folders in whose node_modules, or those above, it is looked for in turn. */
export async function loadWeb(
  from: readonly string[] = [process.cwd(), dirname(fileURLToPath(import.meta.url))],
): Promise<{ readonly ort: WebModule; readonly version: string }> {
  const path = from.map(located).find((found) => found !== null);
  if (!path)
    throw new LlmcError(
      'UNSUPPORTED',
      `--runtime web needs the package ${WEB_PACKAGE}, which is not installed`,
      {
        hint: `npm install ${WEB_PACKAGE}@${VERSION}, in this folder or beside llmc; it takes 148 MB`,
      },
    );
  try {
    const found: WebModule & { readonly default?: WebModule } = await import(pathToFileURL(path).href);
    const ort = found.default?.InferenceSession ? found.default : found;
    ort.env.logLevel = 'fatal';
    return { ort, version: ort.env.versions.web ?? ort.env.versions.common };
  } catch (cause) {
    throw new LlmcError('RUNTIME', `${WEB_PACKAGE} cannot be loaded: ${firstLine(cause)}`, {
      hint: `install it again: npm install ${WEB_PACKAGE}@${VERSION}`,
      cause,
    });
  }
}

function located(folder: string): string | null {
  try {
    return createRequire(join(resolve(folder), 'from.cjs')).resolve(WEB_PACKAGE);
  } catch {
    return null;
  }
}

const OPTIONS: Ort.InferenceSession.SessionOptions = { logSeverityLevel: 4, executionProviders: ['wasm'] };

/** The number of threads is fixed for a process once WebAssembly has started. */
let started: number | null = null;

/** An engine on onnxruntime-web's WebAssembly provider. */
export async function webEngine(from?: readonly string[]): Promise<Engine> {
  const { ort, version } = await loadWeb(from);
  return {
    runtime: 'web',
    provider: 'wasm',
    version,
    start: (threads) => start(ort, threads),
    open: (path, { threads }) => open(ort, path, threads),
  };
}

/** Compiles the WebAssembly module, which the first session of a process does. */
async function start(ort: WebModule, threads: number): Promise<number> {
  setThreads(ort, threads);
  const begin = performance.now();
  const session = await ort.InferenceSession.create(smallModel(), OPTIONS);
  const took = performance.now() - begin;
  await session.release();
  return took;
}

function setThreads(ort: WebModule, threads: number): void {
  if (started !== null && started !== threads)
    throw new LlmcError(
      'UNSUPPORTED',
      `WebAssembly runs ${started} threads in this process, not ${threads}`,
      {
        hint: 'start a process for each number of threads',
      },
    );
  ort.env.wasm.numThreads = threads;
  started = threads;
}

async function open(ort: WebModule, path: string, threads: number): Promise<Session> {
  await requireFile(path);
  const { size } = await stat(path);
  if (size > MOST_BYTES)
    throw new LlmcError(
      'UNSUPPORTED',
      `${path} has ${formatBytes(size)}: browsers load less than 2 GB in one file`,
      {
        hint: 'make it smaller first: llmc quantize --scheme int4',
      },
    );
  setThreads(ort, threads);
  try {
    const native = await ort.InferenceSession.create(await readFile(path), OPTIONS);
    requireMetadata(native);
    return new OrtSession(ort, native, null, unrankedAmong(native, path));
  } catch (cause) {
    if (cause instanceof LlmcError) throw cause;
    const why = firstLine(cause).replace(/^.*ERROR_MESSAGE: /, '');
    throw new LlmcError('RUNTIME', `${WEB_PACKAGE} refused ${path}: ${why}`, {
      hint: 'WebAssembly has 4 GB at most, and fewer operators than the native runtime',
      cause,
    });
  }
}

/** Types of inputs and outputs, which the package tells since 1.21. */
function requireMetadata(session: Partial<Pick<Ort.InferenceSession, 'inputMetadata'>>): void {
  if (session.inputMetadata !== undefined) return;
  throw new LlmcError(
    'UNSUPPORTED',
    `the installed ${WEB_PACKAGE} is too old: it does not tell types of inputs`,
    {
      hint: `npm install ${WEB_PACKAGE}@${VERSION}`,
    },
  );
}
