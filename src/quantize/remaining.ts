/** Accounts for every float constant a scheme left behind: no tensor stays float without a reason. */
import type { DType } from '../ir/dtype.ts';
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs, allNodes } from '../ir/walk.ts';
import { specOf } from '../ops/table.ts';
import type { Outcome } from './outcome.ts';
import { WORTHWHILE } from './schemes/scheme.ts';

/**
 * Adds a skip entry for every constant of a type the scheme left alone that has none yet. Vectors and small ones are counted in one entry for
 * each kind of user, so that the report of a deep model stays readable.
 */
export function explainRemaining(model: Model, outcome: Outcome, leftAlone: (dtype: DType) => boolean): void {
  const told = new Set(outcome.skipped.map((entry) => entry.what));
  const small = new Map<string, { count: number; bytes: number }>();
  for (const { value, tensor } of constantsLeft(model, leftAlone)) {
    if (told.has(value.name) || isParameter(value)) continue;
    if (isMatrix(tensor)) outcome.skip(value.name, explainUsers(value, outcome), tensor.byteLength);
    else {
      const users = usersOf(value).join(', ') || 'outputs';
      const entry = small.get(users) ?? { count: 0, bytes: 0 };
      small.set(users, { count: entry.count + 1, bytes: entry.bytes + tensor.byteLength });
    }
  }
  for (const [users, { count, bytes }] of small) {
    const what = `${count} ${count === 1 ? 'vector or scalar' : 'vectors and scalars'} of ${users}`;
    outcome.skip(what, 'biases, norms and scalars: nothing to gain', bytes);
  }
  for (const node of allNodes(model))
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'tensor' && leftAlone(attribute.value.dtype) && isMatrix(attribute.value))
        outcome.skip(
          node.output()?.name ?? node.label,
          'held by a node, not by the graph',
          attribute.value.byteLength,
        );
}

function* constantsLeft(
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
function isParameter(value: Value): boolean {
  const { uses } = value;
  return uses.length > 0 && uses.every(({ node }) => specOf(node)?.quant?.kind === 'quantized');
}

function usersOf(value: Value): string[] {
  return [...new Set(value.uses.map((use) => use.node.op))];
}

/** A constant of a skipped node repeats that node's reason. */
function explainUsers(value: Value, outcome: Outcome): string {
  const labels = new Set(value.uses.map((use) => use.node.label));
  const entry = outcome.skipped.find((skipped) => labels.has(skipped.what));
  if (entry) return `used by ${entry.what}: ${entry.reason}`;
  const users = usersOf(value);
  return users.length > 0 ? `${users.join(', ')} has no form in this scheme` : 'used only as an output';
}
