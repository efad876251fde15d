/** Which constants of a model are parameters: those training changes. ONNX itself does not say. */
import { LlmcError } from '../../errors.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { isFactor } from '../../ops/contraction.ts';
import { derivativeOf } from '../../ops/derivative-of.ts';
import { specOf } from '../../ops/table.ts';
import { formulaTables } from './formula-tables.ts';

export interface Parameters {
  /** Initializers of the main graph, in file order. */
  readonly trained: readonly Value[];
  /** Those that `frozen` named. */
  readonly frozen: readonly Value[];
}

/** Masks hold numbers like this where nothing is to be seen. */
const MASK = 1e4;

/**
 * Float tensors that are factors of products, rows that are looked up, and everything of more than one element behind
 * them: biases, scales, positions. Not what is done to inputs before the first of these (a mean that is subtracted), nor
 * single numbers, masks, tables, running statistics, or what only bodies of control flow use.
 * @param frozen globs over names of tensors and of the nodes that use them
 * @param known names of tensors that are parameters, whatever they look like
 * @throws LlmcError SELECTOR for a glob that matches nothing, USAGE when nothing is left to train
 */
export function findParameters(
  model: Model,
  frozen: readonly string[],
  known: ReadonlySet<string> = new Set(),
): Parameters {
  const found = candidates(model, known);
  const all = [...model.graph.initializers].filter((value) => found.has(value));
  const isFrozen = patternsOf(frozen, all);
  const trained = all.filter((value) => !isFrozen(value));
  if (trained.length === 0)
    throw new LlmcError('USAGE', all.length > 0 ? 'everything is frozen' : 'the model has nothing to train', {
      hint: all.length > 0 ? 'let --freeze leave something' : 'weights must be float32; see `llmc inspect`',
    });
  return { trained, frozen: all.filter(isFrozen) };
}

function candidates(model: Model, known: ReadonlySet<string>): ReadonlySet<Value> {
  const found = new Set([...model.graph.initializers].filter(({ name }) => known.has(name)));
  const touched = new Set<Value>();
  const tables = formulaTables(model);
  for (const node of model.graph) {
    for (const [index, input] of node.inputs.entries())
      if (input?.tensor && !tables.has(input) && isParameter(node, index, input, touched)) found.add(input);
    const carries = node.inputs.some((input) => input && (found.has(input) || touched.has(input)));
    if (!carries || derivativeOf(node) === 'none') continue;
    for (const output of node.outputs) if (output) touched.add(output);
  }
  return found;
}

function isParameter(node: Node, index: number, value: Value, touched: ReadonlySet<Value>): boolean {
  const tensor = value.tensor;
  if (tensor?.dtype !== 'float32' || tensor.size === 0) return false;
  const quant = specOf(node)?.quant;
  if (quant?.kind === 'lookup') return quant.weights.includes(index);
  // Scales, of which the codes would have to be told.
  if (quant?.kind === 'quantized') return false;
  if (isFactor(node, index)) return true;
  if (isStatistic(node, index) || tensor.size === 1) return false;
  const behind = node.inputs.some((other, at) => at !== index && other && touched.has(other));
  return (behind || isNorm(node) || hasOtherFactor(node, index)) && isOrdinary(value);
}

/** Scales and shifts of normalizations are parameters wherever they stand. */
function isNorm(node: Node): boolean {
  const spec = specOf(node);
  return spec?.statistics === true || spec?.running !== undefined;
}

/** A bias belongs to the weight beside it. */
function hasOtherFactor(node: Node, index: number): boolean {
  return node.inputs.some((other, at) => at !== index && other?.tensor && isFactor(node, at));
}

function isStatistic(node: Node, index: number): boolean {
  return specOf(node)?.running?.includes(index) ?? false;
}

/** Masks and tables of infinities are no parameters; large tables are not looked through. */
function isOrdinary({ tensor }: Value): boolean {
  if (!tensor || tensor.size > 1 << 24) return true;
  return floatsOf(tensor).every((value) => Math.abs(value) < MASK);
}

function namesOf(value: Value): string[] {
  return [value.name, ...value.uses.flatMap(({ node }) => [node.name, node.op])];
}

/**
 * Whether any of the globs matches the name of a value or of a node that uses it; none match nothing.
 * @throws LlmcError SELECTOR for a glob that matches none of the values
 */
export function patternsOf(globs: readonly string[], values: readonly Value[]): (value: Value) => boolean {
  const patterns = globs.map((glob) => patternOf(glob, values));
  return (value) => patterns.some((pattern) => namesOf(value).some((name) => pattern.test(name)));
}

function patternOf(glob: string, values: readonly Value[]): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const pattern = new RegExp(`^${source}$`, 's');
  if (values.some((value) => namesOf(value).some((name) => pattern.test(name)))) return pattern;
  const examples = values.slice(0, 4).map(({ name }) => name);
  throw new LlmcError('SELECTOR', `the pattern '${glob}' matches no parameter`, {
    hint: `it is tried on names of weights and of the nodes that use them, e.g. ${examples.join(', ')}`,
  });
}
