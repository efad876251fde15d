/** Embeddings that come before attention, taken apart: rotations by position, and sums of tables. */
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Decomposition, NodeScope } from '../gradient.ts';

interface Angles {
  readonly cos: Value;
  readonly sin: Value;
  /** int64 [1], where the first row is; [batch, rows], where each row is; null where the caches are by row already. */
  readonly positions: Value | null;
}

/** Pairs of features turned by the angle of their position (Su et al. 2021, equation 34). */
function rotated(g: NodeScope, { cos, sin, positions }: Angles): readonly Value[] {
  const { f, node } = g;
  const x = g.input(0);
  const dims = g.shape(x);
  const half = g.shape(cos).at(-1) ?? 1;
  const byHead = dims.length === 4;
  const [batch = 1, rows = 1] = byHead ? [dims[0], dims[2]] : dims;
  const whole = byHead ? (dims[1] ?? 1) * (dims[3] ?? 1) : (dims[2] ?? 1);
  const heads = byHead ? (dims[1] ?? 1) : node.int('num_heads', 0) || whole / (2 * half);
  const width = whole / heads;
  const apart = byHead ? f.transpose(x, [0, 2, 1, 3]) : f.reshape(x, [batch, rows, heads, width]);
  const [c, s] = [cos, sin].map((cache) => angles(g, cache, positions, batch, rows, half)) as [Value, Value];
  const [turned, rest] = 2 * half < width ? f.split(apart, 3, [2 * half, width - 2 * half]) : [apart];
  const interleaved = node.int('interleaved', 0) === 1;
  const axis = interleaved ? 4 : 3;
  const paired = [batch, rows, heads, ...(interleaved ? [half, 2] : [2, half])];
  const single = [batch, rows, heads, ...(interleaved ? [half, 1] : [1, half])];
  const [a, b] = f
    .split(f.reshape(turned as Value, paired), axis, [1, 1])
    .map((part) => f.reshape(part, [batch, rows, heads, half])) as [Value, Value];
  const made = [f.sub(f.mul(a, c), f.mul(b, s)), f.add(f.mul(a, s), f.mul(b, c))].map((part) =>
    f.reshape(part, single),
  );
  const joined = f.reshape(f.concat(made, axis), [batch, rows, heads, 2 * half]);
  const all = rest ? f.concat([joined, rest], 3) : joined;
  return [byHead ? f.transpose(all, [0, 2, 1, 3]) : f.reshape(all, dims)];
}

/** Cosines or sines of each row, the same for all heads. */
function angles(
  g: NodeScope,
  cache: Value,
  positions: Value | null,
  batch: number,
  rows: number,
  half: number,
): Value {
  const { f } = g;
  if (!positions) return f.reshape(cache, [batch, rows, 1, half]);
  if (g.shape(positions).length === 2)
    return f.reshape(f.op('Gather', [cache, positions]), [batch, rows, 1, half]);
  const places = f.add(positions, f.vector(Array.from({ length: rows }, (_, row) => row)));
  return f.reshape(f.op('Gather', [cache, places]), [1, rows, 1, half]);
}

/** ai.onnx RotaryEmbedding: positions come last and may be absent. */
export const rotary: Decomposition = (g) =>
  rotated(g, { cos: g.input(1), sin: g.input(2), positions: g.node.input(3) });

/** com.microsoft.RotaryEmbedding: positions come before the caches. */
export const microsoftRotary: Decomposition = (g) => {
  if (g.node.int('is_packed_batching', 0) !== 0) throw g.unsupported('its batch is packed');
  if (g.node.float('scale', 1) !== 1) throw g.unsupported('it scales its positions');
  return rotated(g, { cos: g.input(2), sin: g.input(3), positions: g.input(1) });
};

/** Tables of words, positions and segments, added and normalized (Devlin et al. 2018, section 3). */
export const embedLayerNormalization: Decomposition = (g) => {
  const { f, node } = g;
  const [batch = 1, rows = 1] = g.shape(g.input(0));
  const taken = (table: number, ids: Value): Value => f.op('Gather', [g.input(table), ids]);
  const order = f.vector(Array.from({ length: rows }, (_, row) => row));
  const known = f.add(taken(2, g.input(0)), taken(3, node.input(8) ?? order));
  const segments = node.input(1);
  const sum = segments && node.input(4) ? f.add(known, taken(4, segments)) : known;
  const epsilon = { float: node.float('epsilon', 1e-12) };
  const made = f.op('LayerNormalization', [sum, g.input(5), g.input(6)], {
    attributes: attributesOf({ epsilon }),
  });
  const mask = node.input(7);
  // How many tokens of each row are seen; zero where no mask says so.
  const seen = (): Value => (mask ? f.sum(mask, [1], false) : f.cast(f.filled([batch]), 'int32'));
  return [made, node.output(1) ? seen() : null, sum];
};
