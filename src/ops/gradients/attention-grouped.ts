/** Attention of decoders, taken apart: turned queries and keys, keys shared by groups of heads, a window, a sink. */
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Decomposition, NodeScope } from '../gradient.ts';
import {
  attend,
  continued,
  HIDDEN,
  hiddenByPlace,
  join,
  type Operand,
  operandAt,
  ramp,
  refuse,
  repeated,
  split,
} from './attention-core.ts';

/**
 * com.microsoft.GroupQueryAttention. Keys of the past come before those of now, whatever the cache looks like: how many
 * of them a row has follows from its length. What is handed on is right where rows have no padding.
 */
export const groupedQuery: Decomposition = (g) => {
  const { f, node } = g;
  refuse(g, [12, 13], 'its cache is quantized');
  refuse(g, [14, 15], 'it normalizes its queries and keys');
  const [heads, own] = [node.int('num_heads', 1), node.int('kv_num_heads', 1)];
  const [query, key, value] = apart(g, heads, own);
  const [pastKeys, pastValues] = [operandAt(g, 3), operandAt(g, 4)];
  const rows = query.dims[1] ?? 1;
  const before = pastKeys?.dims[2] ?? 0;
  requireCache(g, before + rows);
  const length = f.reshape(f.add(f.cast(g.input(5), 'float32'), 1 - rows), [-1]);
  const cache = { before, rows, length };
  const turned = (operand: Operand, count: number): Operand =>
    split(g, node.int('do_rotary', 0) === 1 ? rotated(g, operand, count, cache) : operand, count);
  const q = turned(query, heads);
  const k = continued(g, before > 0 ? pastKeys : null, turned(key, own));
  const v = continued(g, before > 0 ? pastValues : null, split(g, value, own));
  const smooth = node.int('smooth_softmax', 0) === 1 ? f.filled([heads]) : null;
  const found = attend(g, {
    q,
    k: repeated(g, k, heads),
    v: repeated(g, v, heads),
    masks: [hidden(g, cache), ...(node.input(10) ? [g.input(10)] : [])],
    cap: node.float('softcap', 0),
    sink: node.input(11) ?? smooth,
  });
  return [join(g, found), k.value, v.value];
};

type Three = [Operand, Operand, Operand];

/** [batch, rows, heads * width] each; packed they lie side by side. */
function apart(g: NodeScope, heads: number, own: number): Three {
  const query = { value: g.input(0), dims: g.shape(g.input(0)) };
  const [key, value] = [operandAt(g, 1), operandAt(g, 2)];
  if (key && value) return [query, key, value];
  const [batch = 1, rows = 1, whole = 1] = query.dims;
  const width = whole / (heads + 2 * own);
  const sizes = [heads, own, own].map((count) => count * width);
  const parts = g.f.split(query.value, 2, sizes);
  return parts.map((part, at): Operand => ({ value: part, dims: [batch, rows, sizes[at] ?? 1] })) as Three;
}

/** What comes out may lie in a buffer of its own length, with rows wherever they were written. */
function requireCache(g: NodeScope, keys: number): void {
  for (const present of [g.node.output(1), g.node.output(2)])
    if (present && g.shape(present)[2] !== keys) throw g.unsupported('its cache is a buffer');
}

interface Cache {
  /** How many rows of the past there is room for. */
  readonly before: number;
  /** How many rows there are now. */
  readonly rows: number;
  /** [batch], how many of the past each row has: what the node is told is the number of all, less one. */
  readonly length: Value;
}

function rotated(g: NodeScope, { value, dims }: Operand, heads: number, cache: Cache): Operand {
  const { node } = g;
  const turned = g.f.op('RotaryEmbedding', [value, places(g, dims, cache), g.input(7), g.input(8)], {
    domain: 'com.microsoft',
    attributes: attributesOf({
      num_heads: heads,
      interleaved: node.int('rotary_interleaved', 0),
      rotary_embedding_dim: 2 * (g.shape(g.input(7))[1] ?? 0),
    }),
  });
  return { value: turned, dims };
}

/** Where rows are: behind those of the past. Without a past, onnxruntime counts on from the first place it is told. */
function places(g: NodeScope, dims: readonly number[], { before, rows, length }: Cache): Value {
  const { f } = g;
  const told = g.node.input(9);
  if (before === 0) return told ? f.slice(f.reshape(told, [-1]), 0, 0, 1) : f.vector([0]);
  if (told) return told;
  const [batch = 1] = dims;
  const start = f.reshape(f.cast(length, 'int64'), [batch, 1]);
  return f.expand(f.add(start, f.vector(ramp(rows))), [batch, rows]);
}

/** Queries see keys up to their own place, of these the last ones only where the node has a window. */
function hidden(g: NodeScope, { before, rows, length }: Cache): Value {
  const { f, node } = g;
  const stated = node.int('local_window_size', -1);
  const window = stated > 0 ? stated : Number.POSITIVE_INFINITY;
  const now = hiddenByPlace(g, ramp(rows), ramp(rows), window);
  const past = f.reshape(length, [-1, 1, 1, 1]);
  const along = (axis: number, size: number): Value =>
    f.floats(
      [1, 1, 1, 1].map((one, at) => (at === axis ? size : one)),
      Float32Array.from(ramp(size)),
    );
  // Rows that are padded at their end have fewer keys than there are.
  const beyond = f.greater(along(3, rows), f.add(past, rows - 1));
  const own = f.where(beyond, HIDDEN, now);
  if (before === 0) return own;
  const missing = f.op('GreaterOrEqual', [along(3, before), past]);
  const distance = f.sub(f.add(past, along(2, rows)), along(3, before));
  const far = f.op('GreaterOrEqual', [distance, f.scalar(Number.isFinite(window) ? window : -HIDDEN)]);
  return f.concat([f.where(f.op('Or', [missing, far]), HIDDEN, 0), own], 3);
}
