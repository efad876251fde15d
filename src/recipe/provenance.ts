/** Provenance: what a model file says about how it was made, enough to make it again. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { HashIndex } from '../cache/hash-index.ts';
import { parseDataSpec } from '../data/open.ts';
import { encodeValue } from '../data/spec.ts';
import type { Model } from '../ir/model.ts';
import { openModel } from '../onnx/read.ts';
import { attributeOf, type OptionTable, type RawValues } from '../options/option.ts';
import type { StepEntry } from '../steps/table.ts';
import { canonical, dataDigest, modelDigest } from './inputs.ts';
import type { Surroundings } from './surroundings.ts';

/** The entry of a model's metadata. */
export const PROVENANCE = 'llmc.provenance';

const fileSchema = z.strictObject({ name: z.string(), sha256: z.string() });

const optionValue = z.union([z.string(), z.boolean(), z.array(z.string())]);

const ownSchema = z.strictObject({
  version: z.literal(1),
  llmc: z.string(),
  onnxruntime: z.string(),
  /** Instruction sets and cores decide roundings, and targets that were left to llmc. */
  machine: z.string(),
  seed: z.number(),
  threads: z.number(),
  model: fileSchema,
  steps: z.array(z.strictObject({ step: z.string(), options: z.record(z.string(), optionValue) })).min(1),
  /** Other models, data and tables, by the option text that names them. */
  files: z.record(z.string(), z.string().nullable()),
});

/** How one run made a model of another one; `from` is what that one said of itself. */
export type Provenance = z.infer<typeof ownSchema> & { readonly from?: Provenance | undefined };

export const provenanceSchema: z.ZodType<Provenance> = ownSchema.extend({
  from: z.lazy(() => provenanceSchema).optional(),
});

/** What is written into a model must not be read back without end. */
const LONGEST = 1 << 18;

/** What a model says; null when it says nothing that can be understood. */
export function provenanceOf(model: Pick<Model, 'metadata'>): Provenance | null {
  const text = model.metadata.get(PROVENANCE);
  if (text === undefined || text.length > LONGEST) return null;
  try {
    return provenanceSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** In words, the first step first: `prune sparsity=0.3, quantize scheme=int8 of model.onnx (llmc 0.1.0)`. */
export function provenanceText(made: Provenance): string {
  const steps = made.steps.map(({ step, options }) => {
    const said = Object.entries(options).map(([name, value]) => (value === true ? name : `${name}=${value}`));
    return [step, ...said].join(' ');
  });
  const before = made.from ? `, itself made by ${provenanceText(made.from)}` : '';
  return `${steps.join(', then ')} of ${made.model.name} (llmc ${made.llmc}, seed ${made.seed})${before}`;
}

/** A step as it was asked for. */
export interface Asked {
  readonly step: Pick<StepEntry, 'name' | 'options'>;
  readonly given: RawValues;
}

/**
 * The metadata of what `asked` make of `input`: names of files without their folders, so that the same work gives the
 * same bytes wherever it is done.
 */
export async function provenanceFor(
  input: string,
  asked: readonly Asked[],
  surroundings: Surroundings,
  index: HashIndex,
): Promise<ReadonlyMap<string, string>> {
  const files: Record<string, string | null> = {};
  const steps: Provenance['steps'] = [];
  for (const { step, given } of asked) {
    const options: Provenance['steps'][number]['options'] = {};
    for (const [name, value] of shown(step.options, given)) {
      const { completes, texts } = value;
      const short = texts.map((text) => shortened(text, completes));
      for (const [at, text] of texts.entries())
        if (NAMES_FILES.has(completes)) files[short[at] ?? ''] = await digestOf(text, completes, index);
      options[name] = value.many ? short : (short[0] ?? value.flag);
    }
    steps.push({ step: step.name, options });
  }
  const { llmc, onnxruntime, platform, instructionSets, seed, threads } = surroundings;
  const before = provenanceOf(openModel(input).model);
  const own: Provenance = {
    version: 1,
    llmc,
    onnxruntime,
    machine: [platform, ...instructionSets].join(' '),
    seed,
    threads,
    model: { name: basename(input), sha256: await modelDigest(input, index) },
    steps,
    files,
    ...(before ? { from: before } : {}),
  };
  return new Map([[PROVENANCE, canonical(own)]]);
}

const NAMES_FILES: ReadonlySet<string> = new Set(['data', 'model', 'file', 'module']);

/** Where files go and come back from says nothing about what is made. */
export const PLACES: ReadonlySet<string> = new Set([
  'output',
  'checkpoint',
  'resume',
  'saveGraph',
  'teacherCache',
  'teacherCacheSize',
]);

interface Shown {
  readonly completes: string;
  readonly texts: readonly string[];
  readonly many: boolean;
  readonly flag: boolean;
}

/** What was given for the options of a table, by attribute name in the order of the table. */
function shown(table: OptionTable, given: RawValues): [string, Shown][] {
  const found = new Map<string, Shown>();
  for (const option of Object.values(table))
    for (const name of option.forms.map(attributeOf)) {
      const value = given[name];
      if (value === undefined || found.has(name) || PLACES.has(name)) continue;
      if (Array.isArray(value) && value.length === 0) continue;
      const flag = typeof value === 'boolean';
      const texts = flag ? [] : (Array.isArray(value) ? value : [value]).map(String);
      found.set(name, {
        completes: option.completes,
        texts,
        many: Array.isArray(value),
        flag: value === true,
      });
    }
  return [...found];
}

function shortened(text: string, completes: string): string {
  if (completes === 'data') return shortSpec(text);
  return NAMES_FILES.has(completes) ? basename(text) : text;
}

function shortSpec(text: string): string {
  const { kind, path, options } = parseDataSpec(text);
  const rest = [...options]
    .filter(([key]) => key !== 'cache' && key !== 'cacheSize')
    .map(([key, value]) => `${key}=${encodeValue(/[\\/]/.test(value) ? basename(value) : value)}`);
  const head = path === '' ? kind : `${kind}:${basename(path)}`;
  return rest.length === 0 ? head : `${head}?${rest.join('&')}`;
}

async function digestOf(text: string, completes: string, index: HashIndex): Promise<string | null> {
  try {
    if (completes === 'data') return await dataDigest(text, index);
    return completes === 'model' ? await modelDigest(text, index) : await index.digest(text);
  } catch {
    return null;
  }
}
