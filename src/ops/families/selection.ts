/** Selection by value: top-k, non-zero, unique, non-maximum suppression, one-hot. */

import type { Node } from '../../ir/node.ts';
import * as scattering from '../gradients/scatter.ts';
import { changed, labels, normalAxis, rankOf, tensor } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

function topK(node: Node): string | null {
  const rank = rankOf(node, 0);
  const axis = rank === null ? null : normalAxis(node.int('axis', -1), rank);
  if (rank === null || axis === null) return null;
  const { before, after } = changed(labels(rank), (at) => at === axis);
  return `${tensor('X', before)}, _ -> ${tensor('V', after)}, ${tensor('I', after)}`;
}

export const selection: readonly OpSpec[] = [
  {
    type: 'TopK',
    gradient: scattering.topK,
    axes: topK,
    quant: { kind: 'passthrough' },
    types: 'T, int64 -> T, int64',
    bfloat16: 24,
  },
  {
    type: 'Compress',
    quant: { kind: 'passthrough' },
    types: 'T, bool -> T',
    bfloat16: 28,
    cpuBfloat16: true,
  },
  {
    type: 'NonMaxSuppression',
    quant: { kind: 'exact' },
    types: 'float32, float32, int64?, float32?, float32? -> int64',
  },
  { type: 'NonZero', gradient: 'none', quant: { kind: 'exact' }, types: 'T -> int64' },
  { type: 'OneHot', gradient: 'none', quant: { kind: 'exact' }, types: 'T1, T2, T3 -> T3', bfloat16: null },
  { type: 'Unique', quant: { kind: 'exact' }, types: 'T -> T, int64?, int64?, int64?', bfloat16: 28 },
  { type: 'com.microsoft.Unique', quant: { kind: 'exact' }, types: 'T -> T, int64, int64', bfloat16: null },
];
