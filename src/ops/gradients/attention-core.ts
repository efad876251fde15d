/** What the forms of attention share: softmax(Q K^T scale + mask) V (Vaswani et al. 2017, equation 1). */
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { NodeScope } from '../gradient.ts';

/** A tensor of known dims. */
export interface Operand {
  readonly value: Value;
  readonly dims: readonly number[];
}

/** Operands by head, [batch, heads, rows, width], all with the same heads, and what scores go through. */
export interface Heads {
  readonly q: Operand;
  readonly k: Operand;
  readonly v: Operand;
  /** Added to all scores, in a shape that broadcasts to [batch, heads, queries, keys]. */
  readonly masks: readonly Value[];
  /** Bounds scores smoothly: cap tanh(score / cap) (Gemma Team 2024, section 2); 0 for no bound. */
  readonly cap?: number;
  /** A score of each head, [heads], that takes part in the softmax and leads nowhere (attention sinks). */
  readonly sink?: Value | null;
}

/** What is added to scores of keys that are never to be seen. */
export const HIDDEN = -1e9;

/** [batch, heads, queries, width of values] */
export function attend(g: NodeScope, heads: Heads): Operand {
  const { f, node } = g;
  const { q, k, v, masks, cap = 0, sink = null } = heads;
  const [batch = 1, count = 1, queries = 1, width = 1] = q.dims;
  const keys = k.dims[2] ?? 1;
  const scale = node.float('scale', 0) || 1 / Math.sqrt(width);
  const plain = f.mul(f.matmul(q.value, f.transpose(k.value, [0, 1, 3, 2])), scale);
  const scores = cap === 0 ? plain : f.mul(f.tanh(f.div(plain, cap)), cap);
  const masked = masks.reduce((sum, mask) => f.add(sum, mask), scores);
  const shares = (of: Value): Value => f.op('Softmax', [of], { attributes: attributesOf({ axis: -1 }) });
  const dims = [batch, count, queries, v.dims[3] ?? 1];
  if (!sink) return { value: f.matmul(shares(masked), v.value), dims };
  const column = f.expand(f.reshape(sink, [1, count, 1, 1]), [batch, count, queries, 1]);
  const seen = f.slice(shares(f.concat([masked, column], 3)), 3, 0, keys);
  return { value: f.matmul(seen, v.value), dims };
}

/** Which keys queries see by their places: those up to their own, and of these the last `window` ones. */
export function hiddenByPlace(
  { f }: NodeScope,
  queries: readonly number[],
  keys: readonly number[],
  window = Number.POSITIVE_INFINITY,
): Value {
  const hidden = queries.flatMap((own) =>
    keys.map((place) => (place > own || own - place >= window ? HIDDEN : 0)),
  );
  return f.floats([queries.length, keys.length], Float32Array.from(hidden));
}

/** With more keys than queries these are the last ones. */
export function triangle(g: NodeScope, queries: number, keys: number): Value {
  return hiddenByPlace(
    g,
    ramp(queries).map((row) => row + keys - queries),
    ramp(keys),
  );
}

/** 0, 1, 2, ... */
export function ramp(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

/** [batch, rows, heads * width] by head. */
export function split({ f }: NodeScope, { value, dims }: Operand, heads: number): Operand {
  const [batch = 1, rows = 1, whole = 1] = dims;
  const width = whole / heads;
  const apart = f.transpose(f.reshape(value, [batch, rows, heads, width]), [0, 2, 1, 3]);
  return { value: apart, dims: [batch, heads, rows, width] };
}

/** Back to [batch, rows, heads * width]. */
export function join({ f }: NodeScope, { value, dims }: Operand): Value {
  const [batch = 1, heads = 1, rows = 1, width = 1] = dims;
  return f.reshape(f.transpose(value, [0, 2, 1, 3]), [batch, rows, heads * width]);
}

/** Rows of the past, where there are any, before those of now. */
export function continued(g: NodeScope, past: Operand | null, now: Operand): Operand {
  if (!past) return now;
  const [batch = 1, heads = 1, rows = 1, width = 1] = now.dims;
  const all = (past.dims[2] ?? 0) + rows;
  return { value: g.f.concat([past.value, now.value], 2), dims: [batch, heads, all, width] };
}

/** An input with its dims, null where it is absent. */
export function operandAt(g: NodeScope, index: number): Operand | null {
  const value = g.node.input(index);
  return value && { value, dims: g.shape(value) };
}

/** Each head of keys for all heads of queries that share it (Ainslie et al. 2023, section 2.2). */
export function repeated({ f }: NodeScope, { value, dims }: Operand, heads: number): Operand {
  const [batch = 1, own = 1, rows = 1, width = 1] = dims;
  if (own === heads) return { value, dims };
  const single = f.reshape(value, [batch, own, 1, rows, width]);
  const apart = f.expand(single, [batch, own, heads / own, rows, width]);
  const all = [batch, heads, rows, width];
  return { value: f.reshape(apart, all), dims: all };
}

/** Refuses a node that has one of these inputs. @throws LlmcError UNSUPPORTED */
export function refuse(g: NodeScope, inputs: readonly number[], why: string): void {
  if (inputs.some((index) => g.node.input(index))) throw g.unsupported(why);
}
