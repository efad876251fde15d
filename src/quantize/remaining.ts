/** Accounts for every float constant a scheme left behind: no tensor stays float without a reason. */
import type { DType } from '../ir/dtype.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Use, Value } from '../ir/value.ts';
import { allGraphs, allNodes } from '../ir/walk.ts';
import { specOf } from '../ops/table.ts';
import type { Skipped } from '../report/schema.ts';
import type { Outcome } from './outcome.ts';
import { WORTHWHILE } from './schemes/scheme.ts';

/**
 * Adds an entry for every float constant that has none yet, so that the bytes of all entries are those of all
 * constants left as floats, scales aside. A constant takes the reason of the node that was skipped, whose own entry
 * it replaces. Vectors and small ones are counted in one entry for each kind of user, so that the report of a deep
 * model stays readable.
 * @param leftAlone true for the types of constants that the scheme did not make anything of
 */
export function explainRemaining(model: Model, outcome: Outcome, leftAlone: (dtype: DType) => boolean): void {
  const told = new Set(outcome.skipped.map((entry) => entry.what));
  const nodes = new Map(
    outcome.skipped.filter(({ kind }) => kind === 'node').map((each) => [each.what, each]),
  );
  const covered = new Set<Skipped>();
  const small = new Map<string, { count: number; bytes: number }>();
  for (const { value, tensor } of constants(model, leftAlone)) {
    if (told.has(value.name) || isParameter(value)) continue;
    const readers = readersOf(value);
    if (isMatrix(tensor)) {
      const entries = readers.flatMap((reader) => nodes.get(reader.label) ?? []);
      for (const entry of entries) covered.add(entry);
      outcome.skip(value.name, entries[0]?.reason ?? reasonOf(readers), tensor.byteLength);
    } else {
      const users = opsOf(readers) || 'outputs';
      const entry = small.get(users) ?? { count: 0, bytes: 0 };
      small.set(users, { count: entry.count + 1, bytes: entry.bytes + tensor.byteLength });
    }
  }
  for (const [users, { count, bytes }] of small) {
    const what = `${count} ${count === 1 ? 'vector or scalar' : 'vectors and scalars'} of ${users}`;
    outcome.skip(what, 'biases, norms and scalars: nothing to gain', bytes);
  }
  explainHeld(model, outcome, leftAlone);
  outcome.replaceSkipped((entry) => {
    if (entry.kind !== 'node') return entry;
    return covered.has(entry) ? null : { ...entry, bytes: 0 };
  });
}

function explainHeld(model: Model, outcome: Outcome, leftAlone: (dtype: DType) => boolean): void {
  for (const node of allNodes(model))
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'tensor' && leftAlone(attribute.value.dtype) && isMatrix(attribute.value))
        outcome.skip(
          node.output()?.name ?? node.label,
          'held by a node, not by the graph',
          attribute.value.byteLength,
        );
}

function* constants(
  model: Model,
  leftAlone: (dtype: DType) => boolean,
): Generator<{ value: Value; tensor: Tensor }> {
  for (const graph of allGraphs(model))
    for (const value of graph.initializers)
      if (value.tensor && leftAlone(value.tensor.dtype)) yield { value, tensor: value.tensor };
}

function isMatrix(tensor: Tensor): boolean {
  return tensor.size >= WORTHWHILE && tensor.dims.filter((dim) => dim > 1).length > 1;
}

/** Scales and float zero points of operators that work on quantized values are no weights. */
function isParameter({ uses }: Value): boolean {
  return uses.length > 0 && uses.every(isScale);
}

/** Scales are what a quantized operator cannot do without; most biases and states are optional. */
function isScale({ node, index }: Use): boolean {
  const spec = specOf(node);
  const role = spec?.quant;
  if (role?.kind !== 'quantized' || role.biases?.includes(index)) return false;
  const inputs = spec?.types?.split('->')[0]?.split(',') ?? [];
  return !inputs[index]?.trim().endsWith('?');
}

/** The nodes that read a constant; where its elements are only moved or cast, those that read the result. */
function readersOf(value: Value, depth = 8): Node[] {
  const readers = value.uses.flatMap(({ node }) => {
    const moved = specOf(node)?.quant?.kind === 'passthrough' && node.subgraphs.length === 0;
    const further =
      moved && depth > 0 ? node.outputs.flatMap((out) => (out ? readersOf(out, depth - 1) : [])) : [];
    return further.length > 0 ? further : [node];
  });
  return [...new Set(readers)];
}

function opsOf(nodes: readonly Node[]): string {
  return [...new Set(nodes.map((node) => node.op))].join(', ');
}

function reasonOf(readers: readonly Node[]): string {
  if (readers.length === 0) return 'used only as an output';
  const quantized = readers.find((node) => specOf(node)?.quant?.kind === 'quantized');
  return quantized ? `${quantized.op} takes it as floats` : `${opsOf(readers)} has no form in this scheme`;
}
