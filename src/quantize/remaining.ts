/** Accounts for every float constant a scheme left behind: no tensor stays float without a reason. */
import { isFloat } from '../ir/dtype.ts';
import type { Model } from '../ir/model.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs, allNodes } from '../ir/walk.ts';
import type { Outcome } from './outcome.ts';
import { WORTHWHILE } from './schemes/scheme.ts';

/** Says of one constant why it is still float; null leaves it to the general reasons below. */
export type Reason = (value: Value) => string | null;

/**
 * Adds a skip entry for every float constant that has none yet. Small ones are counted in one entry for each
 * operator, so that a report of a deep model stays readable.
 */
export function explainRemaining(model: Model, outcome: Outcome, reason: Reason): void {
  const small = new Map<string, { count: number; bytes: number }>();
  const told = new Set(outcome.skipped.map((entry) => entry.what));
  for (const graph of allGraphs(model))
    for (const value of graph.initializers) {
      const { tensor } = value;
      if (!tensor || !isFloat(tensor.dtype) || told.has(value.name)) continue;
      const users = [...new Set(value.uses.map((use) => use.node.op))].join(', ') || 'graph output';
      const own = reason(value);
      if (tensor.size < WORTHWHILE || (!own && tensor.dims.filter((dim) => dim > 1).length < 2)) {
        const entry = small.get(users) ?? { count: 0, bytes: 0 };
        small.set(users, { count: entry.count + 1, bytes: entry.bytes + tensor.byteLength });
      } else outcome.skip(value.name, own ?? explainUsers(value, told, outcome), tensor.byteLength);
    }
  for (const node of allNodes(model))
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'tensor' && isFloat(attribute.value.dtype) && attribute.value.size >= WORTHWHILE)
        outcome.skip(
          node.output()?.name ?? node.label,
          'a constant inside a function body',
          attribute.value.byteLength,
        );
  for (const [users, { count, bytes }] of small)
    outcome.skip(
      `${count} vectors and scalars of ${users}`,
      'biases, norms and scalars: nothing to gain',
      bytes,
    );
}

/** A constant of a skipped node repeats that node's reason. */
function explainUsers(value: Value, told: ReadonlySet<string>, outcome: Outcome): string {
  const user = value.uses.find((use) => told.has(use.node.label))?.node;
  const entry = user && outcome.skipped.find((skipped) => skipped.what === user.label);
  if (entry) return `used by ${entry.what}: ${entry.reason}`;
  const ops = [...new Set(value.uses.map((use) => use.node.op))];
  return ops.length > 0 ? `${ops.join(', ')} has no form in this scheme` : 'used only as an output';
}
