/** Chooses what the models run on, and refuses what cannot be measured there before anything is. */
import { LlmcError } from '../errors.ts';
import { formatMs } from '../report/units.ts';
import { feedAdapter } from '../runtime/adapt.ts';
import { type Engine, nativeEngine } from '../runtime/engine.ts';
import type { ModelInputs } from '../runtime/inputs.ts';
import { webEngine } from '../runtime/web.ts';
import type { Context } from '../step.ts';
import type { BenchOptions } from './bench.ts';
import type { Loaded } from './load.ts';
import { requireProvider } from './provider.ts';
import { settle } from './settle.ts';
import { about, openSubject, type Subject } from './subject.ts';
import type { Workplace } from './workplace.ts';

/** The context with an engine in it, and as many threads as it is going to use. LlmcError USAGE, or UNSUPPORTED where a package is missing. */
export async function chooseEngine(
  options: BenchOptions,
  context: Context,
): Promise<Workplace & { readonly engine: Engine }> {
  if (options.runtime !== 'web') {
    const provider = await requireProvider(options.provider ?? 'cpu', context.signal);
    return { ...context, engine: nativeEngine(provider) };
  }
  refuseNativeOnly(options);
  const engine = await webEngine();
  const threads = context.threads || 1;
  context.note(
    `runtime: onnxruntime-web ${engine.version} (WebAssembly) in V8 as Chrome has it, ${threads === 1 ? '1 thread, as on pages that are not cross-origin isolated' : `${threads} threads, which pages get that are cross-origin isolated`}`,
  );
  const startMs = await engine.start?.(threads);
  if (startMs !== undefined)
    context.note(
      `WebAssembly was compiled in ${formatMs(startMs)}, once for all models: load times come after it`,
    );
  if (options.memory !== false) context.note('peak memory: not measured, WebAssembly has memory of its own');
  return { ...context, threads, engine };
}

/** Each with the reason, by what was asked for. */
export function refuseNativeOnly({ provider, profile, coldStart, concurrency, sweep }: BenchOptions): void {
  const asked: readonly (readonly [boolean, string, string])[] = [
    [provider !== undefined, '--provider', 'WebAssembly is the one provider there'],
    [profile === true, '--profile', 'it has no profiler that can be read'],
    [coldStart === true, '--cold-start', 'the start of a browser is not that of Node'],
    [Boolean(concurrency?.length), '--concurrency and --rate', 'a browser serves one user'],
    [
      Boolean(sweep?.some(({ name }) => name === 'threads')),
      '--sweep threads',
      'the number of threads is fixed once WebAssembly has started',
    ],
  ];
  for (const [given, flag, why] of asked)
    if (given)
      throw new LlmcError('USAGE', `${flag} cannot be measured with --runtime web: ${why}`, {
        hint: `leave out ${flag}, or --runtime web`,
      });
}

/** Lets an engine that compiles while it runs reach its pace, with every model; others need no such thing. */
export async function settleEngine(
  { engine, signal, progress }: Workplace & { readonly engine: Engine },
  subjects: readonly Subject[],
  loaded: readonly Loaded[],
  inputs: ModelInputs,
): Promise<void> {
  if (engine.runtime === 'native') return;
  const shown = progress('WebAssembly is being compiled', loaded.length);
  try {
    for await (const { feeds } of inputs.batches(1)) {
      for (const [index, { session }] of loaded.entries()) {
        const adapted = feedAdapter(inputs.inputs, session.inputs)(feeds);
        await settle(() => {
          signal.throwIfAborted();
          return session.run(adapted);
        }).catch((error: unknown) => {
          throw about(subjects[index] as Subject, error);
        });
        shown.tick();
      }
      break;
    }
  } finally {
    shown.done();
  }
}

/**
 * All models that are compared. LlmcError for unreadable ones, and UNSUPPORTED for those that the engine does not load:
 * weights in files of their own are nothing a page would find.
 */
export async function openSubjects(
  paths: readonly string[],
  names: readonly string[],
  { runtime }: Engine,
): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const [index, path] of paths.entries()) {
    const subject = await openSubject(path, names[index] ?? path);
    if (runtime === 'web' && subject.files.length > 1)
      throw new LlmcError(
        'UNSUPPORTED',
        `${subject.name} has external data, which --runtime web does not load`,
        {
          hint: `put it into one file: llmc convert ${path} --external-data never -o one.onnx`,
        },
      );
    subjects.push(subject);
  }
  return subjects;
}
