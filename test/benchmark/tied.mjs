/** How often a language model stores its table of tokens: as the look-up has it, and as the projection to scores has it. */
import { openModel } from '../../dist/onnx/read.js';

/**
 * Bytes of the distinct constants behind the first look-up of `ids` and the last product before `logits`, and whether
 * both read the same ones.
 */
export function storedTables(path, ids, logits) {
  const { graph } = openModel(path).model;
  const input = graph.inputs.find(({ name }) => name === ids);
  const output = graph.outputs.find(({ name }) => name === logits);
  if (!input || !output) throw new Error(`${path} has no ${ids} or ${logits}`);
  const found = [lookup(input), projection(output)];
  const all = new Set(found.flat());
  const bytes = [...all].reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  return { bytes, shared: found[0].some((value) => found[1].includes(value)) };
}

/** Scales and zero points are small beside the table. */
const SMALL = 8;

/** The large constants that the nearest reader of the tokens' numbers reads. */
function lookup(ids) {
  for (const value of reachable(ids, (each) => each.uses.flatMap(({ node }) => node.outputs))) {
    const large = value.uses.flatMap(({ node }) => constantsOf(node));
    if (large.length > 0) return largest(large);
  }
  throw new Error(`nothing looks ${ids.name} up`);
}

/** The large constants of the node nearest to the scores that has any, behind whatever unpacks them. */
function projection(logits) {
  for (const value of reachable(logits, (each) => each.producer?.inputs ?? [])) {
    const large = value.producer ? constantsOf(value.producer) : [];
    if (large.length > 0) return largest(large);
  }
  throw new Error(`no constant makes ${logits.name}`);
}

/** In the order of a breadth-first walk. */
function* reachable(start, next) {
  const seen = new Set([start]);
  for (const value of seen) {
    yield value;
    for (const other of next(value)) if (other) seen.add(other);
  }
}

/** Constants of at least 2 axes that a node reads, directly or through nodes that read nothing else. */
function constantsOf(node) {
  return node.inputs.flatMap((value) => (value ? (constantsBehind(value) ?? []) : []));
}

/** By value; the values of a model are its own, so one table serves all models. */
const known = new WeakMap();

/** Null for what depends on an input of the model. */
function constantsBehind(value) {
  if (value.tensor) return value.tensor.dims.length > 1 ? [value] : [];
  if (!value.producer) return null;
  const earlier = known.get(value);
  if (earlier !== undefined) return earlier;
  const parts = value.producer.inputs.map((input) => (input ? constantsBehind(input) : []));
  const all = parts.includes(null) ? null : [...new Set(parts.flat())];
  known.set(value, all);
  return all;
}

function largest(values) {
  const most = Math.max(...values.map(({ tensor }) => tensor.byteLength));
  return values.filter(({ tensor }) => tensor.byteLength * SMALL > most);
}
