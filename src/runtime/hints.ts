/** Reads from the graph which integer inputs index a table, and how many rows that table has. */
import type { InputHints } from '../data/synthetic.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Use, Value } from '../ir/value.ts';
import { castTarget, constantOf } from '../ops/nodes.ts';
import type { OpSpec } from '../ops/spec.ts';

/** Facts about an operator by `Node.opType`; undefined for unknown ones. */
export type SpecOf = (opType: string) => OpSpec | undefined;

/**
 * Bounds of the integer inputs that reach the indices of a lookup by moves alone (reshapes, casts); an input that
 * feeds several tables gets the smallest. Inputs that are compared with a constant get that constant: it selects
 * the branch the exporter had in mind (a sampling rate, a mode).
 */
export function inputHints(model: Model, specOf: SpecOf): InputHints {
  const bounds: Record<string, number> = {};
  const values: Record<string, number> = {};
  for (const input of model.graph.inputs) {
    if (input.tensor !== null || input.dtype === null || !/^u?int/.test(input.dtype)) continue;
    const { rows, compared } = trace(input, specOf);
    if (rows.length > 0) bounds[input.name] = Math.min(...rows);
    else if (compared[0] !== undefined) values[input.name] = compared[0];
  }
  return { bounds, values };
}

interface Trace {
  /** Rows of the tables the input indexes. */
  readonly rows: number[];
  /** Constants the input is compared with. */
  readonly compared: number[];
}

function trace(input: Value, specOf: SpecOf): Trace {
  const found: Trace = { rows: [], compared: [] };
  const seen = new Set<Value>([input]);
  // The set grows while it is walked, which visits every value reached once.
  for (const value of seen) {
    for (const use of value.uses) for (const moved of follow(use, specOf, found)) seen.add(moved);
  }
  return found;
}

/** Notes what one use tells; returns the values it merely moves the input to. */
function follow({ node, index }: Use, specOf: SpecOf, found: Trace): Value[] {
  const role = specOf(node.opType)?.quant;
  if (role?.kind === 'lookup' && role.indices === index) found.rows.push(...tableRows(node, role.weights));
  if (node.op === 'Equal') found.compared.push(...scalarOf(node.input(1 - index)));
  const moves = index === 0 && (role?.kind === 'passthrough' || castTarget(node) !== null);
  return moves ? node.outputs.filter((output) => output !== null) : [];
}

function scalarOf(value: Value | null): number[] {
  const tensor = value === null ? null : constantOf(value);
  return tensor?.size === 1 && /^u?int/.test(tensor.dtype) ? tensor.numbers() : [];
}

function tableRows(node: Node, weights: readonly number[]): number[] {
  const axis = node.int('gather_axis', node.int('axis', 0));
  return weights.flatMap((index) => {
    const dims = dimsOf(node.input(index));
    const size = dims?.at(axis);
    return typeof size === 'number' && size > 0 ? [size] : [];
  });
}

function dimsOf(value: Value | null): readonly (number | string | null)[] | null {
  return value === null ? null : (constantOf(value)?.dims ?? value.type?.shape ?? null);
}
