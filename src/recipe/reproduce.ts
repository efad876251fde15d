/** Makes a model again from what it says about itself, and compares the two byte by byte. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HashIndex } from '../cache/hash-index.ts';
import type { Store } from '../cache/store.ts';
import { LlmcError } from '../errors.ts';
import { openModel } from '../onnx/read.ts';
import { saveModel } from '../onnx/write.ts';
import { attributeOf, type OptionTable, type RawValues, readOptions } from '../options/option.ts';
import type { Context } from '../step.ts';
import { layoutOf } from '../steps/step.ts';
import { type StepEntry, stepNamed } from '../steps/table.ts';
import { differences } from './differences.ts';
import { execute, leavesMask, type Workshop } from './execute.ts';
import { dataDigest, modelDigest } from './inputs.ts';
import type { PlannedStep } from './plan.ts';
import { PROVENANCE, type Provenance, provenanceOf } from './provenance.ts';
import { surroundingsOf } from './surroundings.ts';

export interface ReproduceJob {
  readonly file: string;
  /** Folders that are searched for the files it was made of, and below. */
  readonly folders: readonly string[];
  readonly store: Store;
  readonly index: HashIndex;
  /** Of llmc itself. */
  readonly version: string;
  /** Where to put what was made again; null for a place that goes away. */
  readonly output: string | null;
}

export interface Reproduced {
  readonly same: boolean;
  readonly made: Provenance;
  /** What is not as it was: versions, the machine. */
  readonly circumstances: readonly string[];
  /** Tensors and nodes that differ, the first few; none when the bytes are the same. */
  readonly differences: readonly string[];
}

/**
 * Makes a model again from what it says of itself, and compares the bytes.
 * @throws LlmcError USAGE for models that say nothing about themselves, FILE_NOT_FOUND for inputs that are nowhere with
 * the content they had
 */
export async function reproduce(job: ReproduceJob, context: Context): Promise<Reproduced> {
  const { file, store, index } = job;
  const opened = openModel(file);
  const made = provenanceOf(opened.model);
  const text = opened.model.metadata.get(PROVENANCE);
  if (!made || text === undefined)
    throw new LlmcError('USAGE', `${file} does not say how it was made`, {
      hint: 'models that llmc quantize, prune, distil and run have written do',
    });
  const search = new Search(job.folders, index);
  const model = await search.model(made.model.name, made.model.sha256);
  const planned = await Promise.all(made.steps.map((step) => planAgain(step, made, search)));
  const inRun: Context = { ...context, seed: made.seed, threads: made.threads };
  const surroundings = await surroundingsOf(job.version, inRun);
  const shop: Workshop = { store, index, surroundings, original: model, force: true };
  let [input, masked] = [model, false];
  for (const step of planned) {
    context.signal.throwIfAborted();
    input = (await execute({ planned: step, input, masked }, shop, inRun)).path;
    masked ||= leavesMask(step);
  }
  const output = job.output ?? join(store.folder, `again-${basename(file)}`);
  const layout = layoutOf(planned.at(-1)?.options as Parameters<typeof layoutOf>[0]);
  const again = openModel(input);
  await saveModel(again.model, output, {
    ...layout,
    ...(layout.externalData === 'auto' && again.externalFiles.length > 0
      ? { externalData: 'always' as const }
      : {}),
    metadata: new Map([[PROVENANCE, text]]),
    protect: [file, ...opened.externalFiles],
    force: job.output === null,
  });
  const same = await sameBytes(file, output, index);
  const machine = [surroundings.platform, ...surroundings.instructionSets].join(' ');
  const now = { llmc: job.version, onnxruntime: surroundings.onnxruntime, machine };
  return {
    same,
    made,
    circumstances: Object.entries(now).flatMap(([name, value]) => {
      const then = made[name as keyof typeof now];
      return then === value ? [] : [`${name} was ${then}, is ${value}`];
    }),
    differences: same ? [] : differences(opened.model, openModel(output).model),
  };
}

/** Names of data files differ where the models do; what they hold counts. */
async function sameBytes(a: string, b: string, index: HashIndex): Promise<boolean> {
  const [first, second] = [openModel(a).externalFiles, openModel(b).externalFiles];
  if (first.length !== second.length) return false;
  if (first.length === 0) return (await modelDigest(a, index)) === (await modelDigest(b, index));
  for (const [at, file] of first.entries())
    if ((await index.digest(file)) !== (await index.digest(second[at] ?? ''))) return false;
  return differences(openModel(a).model, openModel(b).model).length === 0;
}

async function planAgain(
  { step: name, options }: Provenance['steps'][number],
  { files }: Provenance,
  search: Search,
): Promise<PlannedStep> {
  const step = stepNamed(name);
  if (!step?.load)
    throw new LlmcError('UNSUPPORTED', `this version of llmc has no step "${name}"`, {
      hint: 'use the version it was made with',
    });
  const given: Record<string, unknown> = {};
  for (const [attribute, value] of Object.entries(options)) {
    const completes = completesOf(step, attribute);
    const find = (text: string): Promise<string> => search.option(text, completes, files[text] ?? null);
    given[attribute] =
      typeof value === 'boolean'
        ? value
        : Array.isArray(value)
          ? await Promise.all(value.map(find))
          : await find(value);
  }
  const raw: RawValues = given;
  const place = { file: `the history of the model, ${name}`, line: 1, column: 1 };
  return { step, given: raw, options: readOptions<OptionTable>(step.options, raw), place };
}

function completesOf({ options }: StepEntry, attribute: string): string {
  const found = Object.values(options).find(({ forms }) =>
    forms.some((form) => attributeOf(form) === attribute),
  );
  return found?.completes ?? 'none';
}

const MOST_FILES = 50_000;

/** Finds files by name and content. */
class Search {
  readonly #folders: readonly string[];
  readonly #index: HashIndex;
  #listing: Promise<readonly string[]> | null = null;

  constructor(folders: readonly string[], index: HashIndex) {
    this.#folders = folders;
    this.#index = index;
  }

  async model(name: string, digest: string): Promise<string> {
    for (const path of await this.#named(name))
      if ((await modelDigest(path, this.#index).catch(() => '')) === digest) return path;
    throw this.#nowhere(name, digest);
  }

  /** The text of an option with the place of the file it names. */
  async option(text: string, completes: string, digest: string | null): Promise<string> {
    if (digest === null) return text;
    if (completes === 'model') return await this.model(text, digest);
    if (completes === 'data') return await this.#data(text, digest);
    for (const path of await this.#named(text)) if ((await this.#index.digest(path)) === digest) return path;
    throw this.#nowhere(text, digest);
  }

  async #data(text: string, digest: string): Promise<string> {
    const [, kind = '', name = '', query = ''] = /^([\w-]+:)?([^?]*)(\?.*)?$/s.exec(text) ?? [];
    if (name === '') return text;
    for (const path of await this.#named(name)) {
      const spec = `${kind}${path}${await this.#beside(query)}`;
      if ((await dataDigest(spec, this.#index).catch(() => null)) === digest) return spec;
    }
    throw this.#nowhere(name, digest);
  }

  /** Files that options of data name, such as tokenizers. */
  async #beside(query: string): Promise<string> {
    const parts = await Promise.all(
      query
        .replace(/^\?/, '')
        .split('&')
        .map(async (part) => {
          const [key, value] = part.split('=', 2);
          const [found] = key && value && /\.\w+$/.test(value) ? await this.#named(value) : [];
          return found ? `${key}=${found}` : part;
        }),
    );
    return query === '' ? '' : `?${parts.join('&')}`;
  }

  async #named(name: string): Promise<string[]> {
    this.#listing ??= list(this.#folders);
    return (await this.#listing).filter((path) => basename(path) === name);
  }

  #nowhere(name: string, digest: string): LlmcError {
    return new LlmcError(
      'FILE_NOT_FOUND',
      `there is no ${name} with the content it had (sha256 ${digest.slice(0, 12)}...)`,
      {
        hint: `searched ${this.#folders.join(', ')}; --in FOLDER names more places`,
      },
    );
  }
}

async function list(folders: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const inside: string[] = [];
    for (const entry of entries) {
      const path = join(folder, entry.name);
      found.add(path);
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
        inside.push(path);
    }
    if (found.size < MOST_FILES) for (const path of await list(inside)) found.add(path);
  }
  return [...found];
}
