/** Normalizations: statistics over axes that therefore cannot be cut, then a scale and a shift. */

import type { Node } from '../../ir/node.ts';
import { localResponse, meanVariance } from '../gradients/local-normalization.ts';
import * as norms from '../gradients/normalization.ts';
import { labels, normalAxis, rankOf } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

const SCALE_AND_SHIFT = [[1, 2]];
const NORM = { kind: 'float-only', reason: 'normalization statistics need float' } as const;

/** Normalizes over `axis` and everything after it. */
function overLast(node: Node): string | null {
  const rank = rankOf(node, 0);
  const axis = rank === null ? null : normalAxis(node.int('axis', -1), rank);
  if (rank === null || axis === null) return null;
  const all = labels(rank).map((label, index) => (index >= axis ? `!${label}` : label));
  const statistics = all.map((label, index) => (index >= axis ? '1' : label));
  const own = all.slice(axis).join(' ');
  return `X[${all.join(' ')}], S[${own}], B[${own}] -> Y[${all.join(' ')}], M[${statistics.join(' ')}], D[${statistics.join(' ')}]`;
}

const SKIP = 'X[*b !h], R[*b !h], G[!h], B[!h], C[!h] -> Y[*b !h], _, _, Z[*b !h]';

export const normalization: readonly OpSpec[] = [
  {
    type: 'BatchNormalization',
    gradient: norms.batchNormalization,
    // In training the statistics are those of the batch.
    axes: (node) =>
      node.int('training_mode', 0) === 1
        ? 'X[!n c !*s], S[c], B[c], M[c], V[c] -> Y[n c *s], RM[c], RV[c]'
        : 'X[n c *s], S[c], B[c], M[c], V[c] -> Y[n c *s]',
    homogeneous: SCALE_AND_SHIFT,
    running: [3, 4],
    quant: { kind: 'float-only', reason: 'fold it into the layer before it instead' },
    types: 'T, T1, T1, T2, T2 -> T, T2?, T2?',
    bfloat16: 14,
  },
  {
    type: 'LayerNormalization',
    gradient: norms.layerNormalization,
    statistics: true,
    axes: overLast,
    homogeneous: SCALE_AND_SHIFT,
    quant: NORM,
    types: 'T, T, T? -> T, float32?, float32?',
    cpuBfloat16: true,
  },
  {
    type: 'RMSNormalization',
    gradient: norms.rootMeanSquare,
    axes: overLast,
    statistics: true,
    homogeneous: [[1]],
    quant: NORM,
    types: 'T, V -> V',
  },
  {
    type: 'SimplifiedLayerNormalization',
    gradient: norms.rootMeanSquare,
    statistics: true,
    axes: overLast,
    homogeneous: [[1]],
    quant: NORM,
    types: 'T, V -> V, float32?',
    bfloat16: 1,
    cpuBfloat16: true,
  },
  {
    type: 'InstanceNormalization',
    gradient: { decompose: norms.instanceNormalization },
    axes: 'X[n c !*s], S[c], B[c] -> Y[n c !*s]',
    homogeneous: SCALE_AND_SHIFT,
    quant: NORM,
    types: 'T, T, T -> T',
    bfloat16: 22,
  },
  // Its scale has one element a group in opset 18 and one a channel from 21 on; neither may be cut.
  {
    type: 'GroupNormalization',
    gradient: { decompose: norms.groupNormalization },
    axes: 'X[n !c !*s], _, _ -> Y[n !c !*s]',
    quant: NORM,
    types: 'T, T, T -> T',
    float16: 21,
    bfloat16: 21,
  },
  { type: 'com.microsoft.GroupNorm', quant: NORM, types: 'T, M, M -> T', bfloat16: null },
  { type: 'com.microsoft.SkipGroupNorm', quant: NORM, types: 'T, M, M, T, T? -> T, T?', bfloat16: null },
  {
    type: 'com.microsoft.SkipLayerNormalization',
    gradient: { decompose: norms.skipLayerNormalization },
    statistics: true,
    axes: SKIP,
    homogeneous: [[2, 3]],
    quant: NORM,
    types: 'T, T, T, T?, T? -> T, float32?, float32?, T?',
    cpuBfloat16: true,
  },
  {
    type: 'com.microsoft.SkipSimplifiedLayerNormalization',
    gradient: { decompose: norms.skipSimplified },
    statistics: true,
    axes: SKIP.replace('B[!h], ', ''),
    homogeneous: [[2]],
    quant: NORM,
    types: 'T, T, T, T? -> T, float32?, float32?, T?',
    cpuBfloat16: true,
  },
  {
    type: 'LRN',
    gradient: { decompose: localResponse },
    axes: 'X[n !c *s] -> Y[n !c *s]',
    quant: NORM,
    types: 'T -> T',
  },
  {
    type: 'LpNormalization',
    gradient: { decompose: norms.lpNormalization },
    axes: 'X[!*s] -> Y[!*s]',
    quant: NORM,
    types: 'T -> T',
    bfloat16: 22,
  },
  // A function in onnxruntime, with a float32 epsilon in its body.
  {
    type: 'MeanVarianceNormalization',
    gradient: { decompose: meanVariance },
    axes: 'X[!*s] -> Y[!*s]',
    quant: NORM,
    types: 'T -> T',
    float32Only: 'onnxruntime computes it in float32 only',
  },
];
