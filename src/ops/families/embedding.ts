/** Token embeddings with their normalization, fused. */
import { embedLayerNormalization } from '../gradients/attention-embedding.ts';
import type { OpSpec } from '../spec.ts';

export const embedding: readonly OpSpec[] = [
  {
    type: 'com.microsoft.EmbedLayerNormalization',
    gradient: { decompose: embedLayerNormalization },
    axes: 'I[b !s], G[b s], W[!v !h], P[!p !h], T[!y !h], S[!h], B[!h], _, Q[b s] -> Y[b s !h], _, E[b s !h]',
    quant: { kind: 'lookup', weights: [2, 3, 4], indices: 0 },
    types: 'int32, int32?, T, T, T?, T, T, int32?, int32? -> T, int32?, T?',
    bfloat16: null,
  },
];
