/** A first recipe for a model: what suits it, with the reasons, and other ways to try. */
import { basename, dirname, relative, resolve } from 'node:path';
import { formatBytes, formatCount } from '../report/units.ts';
import type { Facts } from './facts.ts';

export type InitGoal = 'size' | 'speed' | 'balanced';

export interface InitRequest {
  /** Where the recipe will be. */
  readonly path: string;
  readonly model: string;
  readonly goal: InitGoal;
  /** Data specs as they were given, from the current folder; null for none. */
  readonly data: string | null;
  readonly evaluation: string | null;
}

/** An entry of `steps` with the reason above it; lines without options are comments. */
interface Suggestion {
  readonly why: readonly string[];
  readonly entry: string;
}

/** Most of the weights. */
const MOSTLY = 0.5;
/** Below this, a model is small already. */
const SMALL_BYTES = 5e6;

/** The text of a recipe that can be run as it is. */
export function initialRecipe(request: InitRequest, facts: Facts): string {
  const { model, data, evaluation } = request;
  const near = (file: string): string =>
    relative(dirname(resolve(request.path)), resolve(file)).replaceAll('\\', '/');
  const chosen = firstChoice(facts, request.goal, data !== null);
  const output = near(`${model.replace(/\.onnx$/i, '')}.small.onnx`);
  const lines = [
    '# yaml-language-server: $schema=./node_modules/llmc-onnx/docs/reference/recipe.schema.json',
    `# ${describe(basename(model), facts)}`,
    '# llmc run --dry-run shows what this would do, llmc tune searches for better settings.',
    'version: 1',
    `model: ${quote(near(model))}`,
    `output: ${quote(output)}`,
    '',
    ...dataLines(data, evaluation),
    '',
    'steps:',
    ...[...chosen.why, ...chosen.also].map((line) => `  # ${line}`),
    `  - ${chosen.entry}`,
    ...others(facts, request, chosen).flatMap(({ why, entry }) => [
      ...why.map((line) => `  # ${line}`),
      `  # - ${entry}`,
    ]),
    '',
    '# What must hold of the result; otherwise the exit code is 1.',
    'require:',
    `  - size.ratio <= ${chosen.ratio}`,
    ...(evaluation === null
      ? ['  # - accuracy.drop <= 1%     # needs data with labels']
      : ['  - agreement >= 95%', '  # - accuracy.drop <= 1%     # where the labels are classes']),
    '  # - speedup >= 1.2          # of this machine',
  ];
  return `${lines.join('\n')}\n`;
}

interface Choice extends Suggestion {
  readonly also: readonly string[];
  /** What is surely reached in size. */
  readonly ratio: number;
}

function firstChoice(facts: Facts, goal: InitGoal, calibrated: boolean): Choice {
  const { matrixShare, bytes } = facts;
  if (goal === 'size' && matrixShare >= MOSTLY && bytes > SMALL_BYTES)
    return {
      why: [
        'Most weights are matrices and tables: four bits in blocks of 32 store them in about a seventh of the size.',
      ],
      also: calibrated ? ['gptq makes up for rounding, by what the calibration rows show.'] : [],
      entry: `quantize: { scheme: int4${calibrated ? ', rounding: gptq' : ''} }`,
      ratio: 0.4,
    };
  if (calibrated && goal !== 'size')
    return {
      why: ['Integers for weights and activations, with ranges found on the calibration rows.'],
      also: [],
      entry: 'quantize: { scheme: int8 }',
      ratio: 0.7,
    };
  if (matrixShare >= MOSTLY && goal !== 'size')
    return {
      why: ['Matrix products in integers, with ranges found anew in every run: no data is needed.'],
      also:
        facts.windowOps.length > 0 ? ['Convolutions stay: their integer kernels are slower that way.'] : [],
      entry: `quantize: { scheme: int8-dynamic${facts.windowOps.length > 0 ? `, exclude: [${facts.windowOps.join(', ')}]` : ''} }`,
      ratio: 0.9,
    };
  return {
    why: [
      'Eight bits in the file, floats in memory: small to ship, as fast as before, and close to no loss.',
    ],
    also: [],
    entry: 'quantize: { scheme: int8-weights, format: cast }',
    ratio: 0.7,
  };
}

function others(facts: Facts, { data }: InitRequest, { entry }: Choice): Suggestion[] {
  const all: Suggestion[] = [
    {
      why: [
        'To try before it: a third of all channels go, what is left stands in for them, then the student learns again',
        'what the whole model does (see docs/guides/prune.md and distill.md).',
      ],
      entry: 'prune: { structure: channels, sparsity: 0.3 }',
    },
    ...(data === null
      ? []
      : [{ why: [], entry: 'distill: { epochs: 2, temperature: 4, alpha: 1, lr: 1e-3, schedule: cosine }' }]),
    ...(facts.matrixShare >= MOSTLY
      ? [{ why: ['Or smaller:'], entry: 'quantize: { scheme: int4, rounding: kquant }' }]
      : []),
    { why: ['Or safer:'], entry: 'quantize: { scheme: fp16 }' },
    ...(data === null
      ? []
      : [
          {
            why: ['Or with the layers in floats that gain most by it:'],
            entry: 'quantize: { scheme: int8, float-share: 0.1 }',
          },
        ]),
  ];
  return all.filter((other) => other.entry !== entry);
}

function dataLines(data: string | null, evaluation: string | null): string[] {
  const about = [
    '# calibration: rows that steps look at, labels are not needed; eval: rows the result is judged by, nothing else.',
  ];
  if (data === null && evaluation === null)
    return [...about, '# data:', '#   calibration: calibration.npz', '#   eval: eval.npz'];
  return [
    ...about,
    'data:',
    data === null ? '  # calibration: calibration.npz' : `  calibration: ${quote(data)}`,
    evaluation === null ? '  # eval: eval.npz' : `  eval: ${quote(evaluation)}`,
  ];
}

function describe(name: string, { bytes, weightsByOp, model }: Facts): string {
  const [first, second] = weightsByOp;
  const share = ({ op, share: part }: { op: string; share: number }): string =>
    `${op} (${Math.round(part * 100)} %)`;
  const mostly = first ? `, weights of ${[first, ...(second ? [second] : [])].map(share).join(' and ')}` : '';
  return `${name}: ${formatBytes(bytes)}, ${formatCount(model.graph.nodeCount)} nodes${mostly}.`;
}

/** JSON strings are YAML, too. */
function quote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}
