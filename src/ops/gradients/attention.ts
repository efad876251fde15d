/** Fused attention, taken apart: softmax(Q K^T scale + mask) V (Vaswani et al. 2017, equation 1). */
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Decomposition, NodeScope } from '../gradient.ts';

/** Operands by head: [batch, heads, rows, width]. */
interface Heads {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  /** Width of queries. */
  readonly width: number;
  readonly queries: number;
  readonly keys: number;
}

/** What is added to all scores of keys that are not to be seen, where the node does not say. */
const UNSEEN = -10000;

function attend(
  g: NodeScope,
  { q, k, v, width, queries, keys }: Heads,
  masks: readonly Value[],
  causal: boolean,
): Value {
  const { f, node } = g;
  const scale = node.float('scale', 0) || 1 / Math.sqrt(width);
  const scores = f.mul(f.matmul(q, f.transpose(k, [0, 1, 3, 2])), scale);
  const all = causal ? [...masks, triangle(g, queries, keys)] : masks;
  const masked = all.reduce((sum, mask) => f.add(sum, mask), scores);
  return f.matmul(f.op('Softmax', [masked], { attributes: attributesOf({ axis: -1 }) }), v);
}

/** Queries see keys up to their own place; with more keys than queries these are the last ones. */
function triangle({ f }: NodeScope, queries: number, keys: number): Value {
  const hidden = new Float32Array(queries * keys);
  for (let row = 0; row < queries; row++)
    for (let column = row + keys - queries + 1; column < keys; column++) hidden[row * keys + column] = -1e9;
  return f.floats([queries, keys], hidden);
}

/** [batch, rows, heads * width] by head. */
function split({ f }: NodeScope, x: Value, dims: readonly number[], heads: number): Value {
  const [batch = 1, rows = 1, whole = 1] = dims;
  return f.transpose(f.reshape(x, [batch, rows, heads, whole / heads]), [0, 2, 1, 3]);
}

function join(
  { f }: NodeScope,
  y: Value,
  [batch = 1, heads = 1, rows = 1, width = 1]: readonly number[],
): Value {
  return f.reshape(f.transpose(y, [0, 2, 1, 3]), [batch, rows, heads * width]);
}

/** A mask of keys, 1 for those that are seen: [batch, keys]. */
function keyMask(g: NodeScope, index: number): Value[] {
  const { f, node } = g;
  const mask = node.input(index);
  if (!mask) return [];
  const dims = g.shape(mask);
  if (dims.length !== 2) throw g.unsupported('its mask is of another form than [batch, keys]');
  const [batch = 1, keys = 1] = dims;
  const hidden = f.mul(f.sub(1, f.cast(mask, 'float32')), node.float('mask_filter_value', UNSEEN));
  return [f.reshape(hidden, [batch, 1, 1, keys])];
}

function refuse(g: NodeScope, inputs: readonly number[], why: string): void {
  if (inputs.some((index) => g.node.input(index))) throw g.unsupported(why);
}

/** com.microsoft.Attention: one weight for queries, keys and values. */
export const selfAttention: Decomposition = (g) => {
  const { f, node } = g;
  refuse(g, [4, 6], 'it goes on from past keys');
  if (node.attributes.has('qkv_hidden_sizes'))
    throw g.unsupported('its queries, keys and values differ in size');
  if (node.int('do_rotary', 0) !== 0) throw g.unsupported('it turns its queries');
  const [batch = 1, rows = 1] = g.shape(g.input(0));
  const whole = (g.shape(g.input(1))[1] ?? 3) / 3;
  const heads = node.int('num_heads', 1);
  const products = f.matmul(g.input(0), g.input(1));
  const bias = node.input(2);
  const [q, k, v] = f
    .split(bias ? f.add(products, bias) : products, 2, [whole, whole, whole])
    .map((part) => split(g, part, [batch, rows, whole], heads)) as [Value, Value, Value];
  const masks = [...keyMask(g, 3), ...(node.input(5) ? [g.input(5)] : [])];
  const width = whole / heads;
  const found = attend(
    g,
    { q, k, v, width, queries: rows, keys: rows },
    masks,
    node.int('unidirectional', 0) === 1,
  );
  return [join(g, found, [batch, heads, rows, width])];
};

/** com.microsoft.MultiHeadAttention: queries, keys and values given apart. */
export const multiHead: Decomposition = (g) => {
  const { f, node } = g;
  refuse(g, [6, 7, 8, 9], 'it goes on from past keys');
  if (!node.input(1) || !node.input(2)) throw g.unsupported('its operands are packed');
  const shapes = [0, 1, 2].map((index) => g.shape(g.input(index)));
  if (shapes.some((dims) => dims.length !== 3)) throw g.unsupported('its operands are packed');
  const [ofQ = [], ofK = [], ofV = []] = shapes;
  const heads = node.int('num_heads', 1);
  const widths = [ofQ[2] ?? 1, ofK[2] ?? 1, ofV[2] ?? 1];
  const biases = node.input(3) ? f.split(g.input(3), 0, widths) : [];
  const operand = (index: number, dims: readonly number[]): Value => {
    const bias = biases[index];
    return split(g, bias ? f.add(g.input(index), bias) : g.input(index), dims, heads);
  };
  const [batch = 1, queries = 1, whole = 1] = ofQ;
  const masks = [...keyMask(g, 4), ...(node.input(5) ? [g.input(5)] : [])];
  const found = attend(
    g,
    {
      q: operand(0, ofQ),
      k: operand(1, ofK),
      v: operand(2, ofV),
      width: whole / heads,
      queries,
      keys: ofK[1] ?? 1,
    },
    masks,
    node.int('unidirectional', 0) === 1,
  );
  return [join(g, found, [batch, heads, queries, (ofV[2] ?? 1) / heads])];
};

/** ai.onnx Attention: by head or not, with fewer heads of keys than of queries. */
export const attention: Decomposition = (g) => {
  const { f, node } = g;
  refuse(g, [4, 5, 6], 'it goes on from past keys');
  if (node.float('softcap', 0) !== 0) throw g.unsupported('it caps its scores');
  const flat = g.shape(g.input(0)).length === 3;
  const counts = [node.int('q_num_heads', 1), node.int('kv_num_heads', 1), node.int('kv_num_heads', 1)];
  const byHead = [0, 1, 2].map((index) => {
    const dims = g.shape(g.input(index));
    if (!flat) return { value: g.input(index), dims };
    const heads = counts[index] ?? 1;
    const [batch = 1, rows = 1, whole = 1] = dims;
    return { value: split(g, g.input(index), dims, heads), dims: [batch, heads, rows, whole / heads] };
  }) as [Operand, Operand, Operand];
  const [q, k, v] = byHead;
  const [batch = 1, heads = 1, queries = 1, width = 1] = q.dims;
  const mask = node.input(3);
  const masks = !mask ? [] : [g.dtype(mask) === 'bool' ? f.where(mask, 0, -1e9) : mask];
  const found = attend(
    g,
    { q: q.value, k: repeated(g, k, heads), v: repeated(g, v, heads), width, queries, keys: k.dims[2] ?? 1 },
    masks,
    node.int('is_causal', 0) === 1,
  );
  return [flat ? join(g, found, [batch, heads, queries, v.dims[3] ?? 1]) : found];
};

interface Operand {
  readonly value: Value;
  readonly dims: readonly number[];
}

/** Each head of keys for all heads of queries that share it. */
function repeated({ f }: NodeScope, { value, dims }: Operand, heads: number): Value {
  const [batch = 1, own = 1, rows = 1, width = 1] = dims;
  if (own === heads) return value;
  const apart = f.expand(f.reshape(value, [batch, own, 1, rows, width]), [
    batch,
    own,
    heads / own,
    rows,
    width,
  ]);
  return f.reshape(apart, [batch, heads, rows, width]);
}
