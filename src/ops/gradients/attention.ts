/** Fused attention, taken apart: softmax(Q K^T scale + mask) V (Vaswani et al. 2017, equation 1). */
import type { Value } from '../../ir/value.ts';
import type { Decomposition, NodeScope } from '../gradient.ts';
import {
  attend,
  continued,
  join,
  type Operand,
  operandAt,
  ramp,
  refuse,
  repeated,
  split,
  triangle,
} from './attention-core.ts';

/** What is added to all scores of keys that are not to be seen, where the node does not say. */
const UNSEEN = -10000;

/**
 * Which of `keys` keys are seen: 1 and 0 for each key or pair of query and key, or by batch the place where they end, and
 * in a second part where they begin.
 */
function keyMask(g: NodeScope, index: number, keys: number): Value[] {
  const { f, node } = g;
  const mask = node.input(index);
  if (!mask) return [];
  const dims = g.shape(mask);
  const hidden = (seen: Value): Value =>
    f.mul(f.sub(1, f.cast(seen, 'float32')), node.float('mask_filter_value', UNSEEN));
  const [batch = 1, queries = 1] = dims;
  if (dims.length === 2) return [f.reshape(hidden(mask), [batch, 1, 1, queries])];
  if (dims.length === 3) return [f.reshape(hidden(mask), [batch, 1, queries, keys])];
  const rows = g.shape(g.input(0))[0] ?? 1;
  if (dims.length !== 1 || (batch !== rows && batch !== 2 * rows))
    throw g.unsupported(`its mask of the dims [${dims}] is not covered`);
  const places = f.floats([1, keys], Float32Array.from(ramp(keys)));
  const [ends, starts] = f
    .split(f.reshape(f.cast(mask, 'float32'), [batch, 1]), 0, batch === rows ? [rows] : [rows, rows])
    .map((bound) => f.less(places, bound)) as [Value, Value?];
  const seen = starts ? f.op('And', [ends, f.op('Not', [starts])]) : ends;
  return [f.reshape(hidden(seen), [rows, 1, 1, keys])];
}

/** com.microsoft.Attention: one weight for queries, keys and values; what is handed on is both, one after the other. */
export const selfAttention: Decomposition = (g) => {
  const { f, node } = g;
  refuse(g, [6], 'its cache is a buffer');
  if (node.int('do_rotary', 0) !== 0) throw g.unsupported('it turns its queries');
  const [batch = 1, rows = 1] = g.shape(g.input(0));
  const third = (g.shape(g.input(1))[1] ?? 3) / 3;
  const sizes = node.ints('qkv_hidden_sizes') ?? [third, third, third];
  const heads = node.int('num_heads', 1);
  const products = f.matmul(g.input(0), g.input(1));
  const bias = node.input(2);
  const [q, k, v] = f
    .split(bias ? f.add(products, bias) : products, 2, sizes)
    .map((value, at) => split(g, { value, dims: [batch, rows, sizes[at] ?? 1] }, heads)) as Three;
  const [pastKeys = null, pastValues = null] = halves(g, operandAt(g, 4));
  const [allK, allV] = [continued(g, pastKeys, k), continued(g, pastValues, v)];
  const keys = allK.dims[2] ?? 1;
  const masks = [
    ...keyMask(g, 3, keys),
    ...(node.input(5) ? [g.input(5)] : []),
    ...(node.int('unidirectional', 0) === 1 ? [triangle(g, rows, keys)] : []),
  ];
  const present = (): Value =>
    f.concat(
      [allK, allV].map(({ value, dims }) => f.reshape(value, [1, ...dims])),
      0,
    );
  return [join(g, attend(g, { q, k: allK, v: allV, masks })), node.output(1) ? present() : null];
};

type Three = [Operand, Operand, Operand];

/** Keys and values, stacked. */
function halves({ f }: NodeScope, both: Operand | null): readonly Operand[] {
  if (!both) return [];
  const dims = both.dims.slice(1);
  return f.split(both.value, 0, [1, 1]).map((part) => ({ value: f.reshape(part, dims), dims }));
}

/** com.microsoft.MultiHeadAttention: queries, keys and values given apart, keys and values by head already or not. */
export const multiHead: Decomposition = (g) => {
  const { f, node } = g;
  refuse(g, [8, 9], 'its cache is a buffer');
  if (!node.input(1) || !node.input(2)) throw g.unsupported('its operands are packed');
  const given = [0, 1, 2].map((index) => ({ value: g.input(index), dims: g.shape(g.input(index)) })) as Three;
  if (given[0].dims.length !== 3 || given.some(({ dims }) => dims.length > 4))
    throw g.unsupported('its operands are packed');
  const heads = node.int('num_heads', 1);
  const widths = given.map(({ dims }) => (dims.length === 3 ? dims[2] : heads * (dims[3] ?? 1)) ?? 1);
  const biases = node.input(3) ? f.split(g.input(3), 0, widths) : [];
  const [q, k, v] = given.map(({ value, dims }, index): Operand => {
    if (dims.length === 4) return { value, dims };
    const bias = biases[index];
    return split(g, { value: bias ? f.add(value, bias) : value, dims }, heads);
  }) as Three;
  const [allK, allV] = [continued(g, operandAt(g, 6), k), continued(g, operandAt(g, 7), v)];
  const [queries, keys] = [q.dims[2] ?? 1, allK.dims[2] ?? 1];
  const masks = [
    ...keyMask(g, 4, keys),
    ...(node.input(5) ? [g.input(5)] : []),
    ...(node.int('unidirectional', 0) === 1 ? [triangle(g, queries, keys)] : []),
  ];
  return [join(g, attend(g, { q, k: allK, v: allV, masks })), allK.value, allV.value];
};

/** ai.onnx Attention: by head or not, with fewer heads of keys than of queries. */
export const attention: Decomposition = (g) => {
  const { f, node } = g;
  refuse(g, [6], 'it pads its keys');
  const flat = g.shape(g.input(0)).length === 3;
  const counts = [node.int('q_num_heads', 1), node.int('kv_num_heads', 1), node.int('kv_num_heads', 1)];
  const [q, k, v] = [0, 1, 2].map((index): Operand => {
    const own = { value: g.input(index), dims: g.shape(g.input(index)) };
    return flat ? split(g, own, counts[index] ?? 1) : own;
  }) as Three;
  const [allK, allV] = [continued(g, operandAt(g, 4), k), continued(g, operandAt(g, 5), v)];
  const [, heads = 1, queries = 1] = q.dims;
  const mask = node.input(3);
  const masks = !mask ? [] : [g.dtype(mask) === 'bool' ? f.where(mask, 0, -1e9) : mask];
  if (node.int('is_causal', 0) === 1) masks.push(triangle(g, queries, allK.dims[2] ?? 1));
  const found = attend(g, {
    q,
    k: repeated(g, allK, heads),
    v: repeated(g, allV, heads),
    masks,
    cap: node.float('softcap', 0),
  });
  return [flat ? join(g, found) : found.value, allK.value, allV.value];
};
