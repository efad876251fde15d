/** Attention, fused: ai.onnx from opset 23 and the com.microsoft family. Only whole heads can be cut. */

import type { Node } from '../../ir/node.ts';
import * as fused from '../gradients/attention.ts';
import * as embeddings from '../gradients/attention-embedding.ts';
import * as decoders from '../gradients/attention-grouped.ts';
import { rankOf } from '../labels.ts';
import { defineOps, type OpSpec } from '../spec.ts';

const SCALE = { attribute: 'scale', label: 'e' } as const;
const FUSED = { kind: 'float-only', reason: 'products of activations inside a fused operator' } as const;

/**
 * ai.onnx Attention. Labels: b batch, j heads of keys and values, g heads of queries that share one of them, s queries,
 * t all keys, p past keys, c new keys, u keys of the mask, e width of queries and keys, v width of values. Tensors of rank 3 keep heads and width in one axis. Masks run over batch, queries and keys, which are
 * therefore left alone.
 */
function attention(node: Node): string | null {
  const rank = rankOf(node, 0);
  if (rank !== 3 && rank !== 4) return null;
  const part = (name: string, heads: string, rows: string, width: string) =>
    rank === 4
      ? `${name}[!b ${heads.includes(' ') ? `(${heads})` : heads} ${rows} ${width}]`
      : `${name}[!b ${rows} (${heads} ${width})]`;
  const rows = node.input(4) ? '!c' : '!t';
  const inputs = [part('Q', 'j g', '!s', 'e'), part('K', 'j', rows, 'e'), part('V', 'j', rows, 'v')];
  const mask = rankOf(node, 3) === 4 ? 'M[b (j g) s !u]' : '_';
  const past = 'PK[b j !p e], PV[b j !p v]';
  const present = 'NK[b j !t e], NV[b j !t v]';
  const sizes = rank === 3 ? ' | (j g)=q_num_heads, j=kv_num_heads' : '';
  return `${inputs.join(', ')}, ${mask}, ${past}, _ -> ${part('Y', 'j g', '!s', 'v')}, ${present}, QK[b (j g) !s !t]${sizes}`;
}

/** Queries, keys and values come out of one weight, in thirds. */
function selfAttention(node: Node): string | null {
  if (node.attributes.has('qkv_hidden_sizes') || node.input(4)) return null;
  return 'X[!b !s d], W[d (3 h e)], B[(3 h e)] -> Y[b s (h e)] | h=num_heads';
}

function multiHead(node: Node): string | null {
  // Packed inputs have rank 5, keys of cross attention that are computed already rank 4.
  if (rankOf(node, 1) !== 3 || rankOf(node, 2) !== 3) return null;
  const [rows, past] = node.input(6) ? ['c', 'PK[b h !p e], PV[b h !p v]'] : ['t', '_, _'];
  return (
    `Q[!b !s (h e)], K[b !${rows} (h e)], V[b ${rows} (h v)], _, _, _, ${past} -> ` +
    `Y[b s (h v)], NK[b h !t e], NV[b h !t v] | h=num_heads`
  );
}

/**
 * Heads of keys (j) serve several heads of queries (g) each: a head of keys goes with all it serves, or one head of
 * queries of each. The bias (M) has keys (u) of its own, since caches may be longer than what is in them.
 */
function groupedQuery(node: Node): string | null {
  // Without keys the queries are a packed tensor.
  if (rankOf(node, 1) !== 3) return null;
  const past = 'PK[b j !p !e], PV[b j !p !e]';
  const present = 'NK[b j !t e], NV[b j !t e]';
  const perHead = 'M[b (j g) s !u], S[(j g)]';
  return (
    `Q[!b !s (j g e)], K[b !c (j e)], V[b c (j e)], ${past}, _, _, _, _, _, ${perHead} -> ` +
    `Y[b s (j g e)], ${present} | (j g)=num_heads, j=kv_num_heads`
  );
}

/** Caches of angles run over positions; with rank 4 the heads are an axis of their own. */
function rotary(node: Node): string {
  return rankOf(node, 0) === 4 ? 'X[!b h !s !e], _, _, _ -> Y[b h s e]' : 'X[!b !s !e], _, _, _ -> Y[b s e]';
}

export const attentions: readonly OpSpec[] = [
  {
    type: 'Attention',
    gradient: { decompose: fused.attention },
    axes: attention,
    impliedScale: SCALE,
    homogeneous: (node) => (node.input(5) || node.output(2) ? [] : [[2]]),
    macs: 'b j g s t e + b j g s t v',
    quant: FUSED,
    types: 'T1, T1, T2, U?, T1?, T2?, int64? -> T1, T1?, T2?, T1?',
  },
  {
    type: 'com.microsoft.Attention',
    gradient: { decompose: fused.selfAttention },
    axes: selfAttention,
    impliedScale: SCALE,
    macs: '3 b s d h e + 2 b h s s e',
    quant: { kind: 'compute', weights: [1], dynamic: 'com.microsoft.QAttention' },
    types: 'T, T, T?, int32?, T?, T?, int32? -> T, T?',
  },
  {
    type: 'com.microsoft.GroupQueryAttention',
    gradient: { decompose: decoders.groupedQuery },
    tables: [7, 8],
    axes: groupedQuery,
    macs: '2 b j g s t e',
    quant: FUSED,
    types:
      'T, T?, T?, TCACHE?, TCACHE?, int32, int32, T?, T?, int64?, T?, T?, float32?, float32?, T?, T? -> T, TCACHE?, TCACHE?, T?',
  },
  {
    type: 'com.microsoft.MultiHeadAttention',
    gradient: { decompose: fused.multiHead },
    axes: multiHead,
    impliedScale: SCALE,
    // The values, where neither a bias nor those of the past are added to them.
    homogeneous: (node) => (node.input(3) || node.input(7) || node.output(2) ? [] : [[2]]),
    macs: 'b h s t e + b h s t v',
    quant: FUSED,
    types: 'T, T?, T?, T?, int32?, T?, T?, T?, int32?, int32? -> T, T?, T?, QK?',
  },
  {
    type: 'com.microsoft.QAttention',
    axes: 'X[b s d], W[d !w], _, _, _, _, _, _, _ -> Y[b s !y]',
    quant: { kind: 'quantized', biases: [2] },
    types: 'T1, T2, T3, T3, T3, int32?, T1?, T2?, T3? -> T3, T3?',
    bfloat16: null,
  },
  {
    type: 'com.microsoft.DecoderMaskedMultiHeadAttention',
    quant: FUSED,
    types: 'T, T?, T?, int32?, T?, T?, T?, int32?, int32?, int32?, T? -> T, T?, T?, QK?',
    bfloat16: null,
  },
  {
    type: 'com.microsoft.PackedAttention',
    quant: FUSED,
    types: 'T, T, T, int32, int32, T? -> T',
    bfloat16: null,
  },
  {
    type: 'com.microsoft.PackedMultiHeadAttention',
    quant: FUSED,
    types: 'T, T?, T?, T?, int32, int32, T? -> T',
    bfloat16: null,
  },
  {
    type: 'com.microsoft.SparseAttention',
    quant: FUSED,
    types: 'T, T?, T?, T, T, int32, int32, int32, int32, T?, T? -> T, T, T',
  },
  ...defineOps(['com.microsoft.LinearAttention', 'LinearAttention'], {
    quant: FUSED,
    types: 'T, T, T, S?, T?, T? -> T, S',
  }),
  {
    type: 'RotaryEmbedding',
    gradient: { decompose: embeddings.rotary },
    tables: [1, 2],
    axes: rotary,
    quant: FUSED,
    types: 'T, T, T, int64? -> T',
  },
  {
    type: 'com.microsoft.RotaryEmbedding',
    gradient: { decompose: embeddings.microsoftRotary },
    tables: [2, 3],
    axes: rotary,
    quant: FUSED,
    types: 'T, int64, T, T -> T',
  },
  {
    type: 'com.microsoft.MoE',
    quant: { kind: 'float-only', reason: 'its experts run inside a fused operator' },
    types: 'T, T, T, T?, T, T?, T?, T? -> T',
  },
  {
    type: 'com.microsoft.QMoE',
    quant: { kind: 'quantized' },
    types:
      'T, T, T1, T2?, T?, T1, T2?, T?, T1?, T2?, T?, T1?, T1?, T1?, T?, float32?, float32?, float32?, float32?, T2?, T2? -> T',
  },
];
