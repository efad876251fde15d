/** Reading and writing by index. */

import type { Node } from '../../ir/node.ts';
import type { Shape } from '../../ir/value.ts';
import { gatherElements, gathered, gatherNd } from '../gradients/gather.ts';
import * as scattering from '../gradients/scatter.ts';
import { labels, normalAxis, rankOf, stateInts } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

/** The axis that is indexed gives way to the axes of the indices. */
function gather(node: Node): string | null {
  const rank = rankOf(node, 0);
  const axis = rank === null ? null : normalAxis(node.int('axis', 0), rank);
  if (rank === null || axis === null) return null;
  const table = labels(rank).map((label, at) => (at === axis ? `!${label}` : label));
  const result = table.map((label, at) => (at === axis ? '*i' : label));
  return `X[${table.join(' ')}], I[*i] -> Y[${result.join(' ')}]`;
}

/** The positions that constant indices along one axis take. */
function gatherPicks(node: Node, shape: Shape): ReadonlyMap<number, Int32Array> | null {
  const axis = normalAxis(node.int('axis', 0), shape.length);
  const size = axis === null ? null : shape[axis];
  const indices = rankOf(node, 1) === 1 ? node.constant(1) : null;
  if (axis === null || typeof size !== 'number' || !indices || !/^int(32|64)$/.test(indices.dtype))
    return null;
  const places = indices.numbers().map((index) => (index < 0 ? index + size : index));
  return places.every((place) => place >= 0 && place < size)
    ? new Map([[axis, Int32Array.from(places)]])
    : null;
}

/** onnxruntime's half kernels overwrite, but refuse to add or multiply when they are run. */
function reducing(node: Node): string | null {
  return node.text('reduction', 'none') === 'none'
    ? null
    : 'onnxruntime reduces while scattering in float32 only';
}

export const indexing: readonly OpSpec[] = [
  {
    type: 'Gather',
    gradient: gathered,
    axes: gather,
    picks: {
      at: gatherPicks,
      write: (node, _axis, _rank, positions) => stateInts(node, 'indices', 1, positions),
    },
    homogeneous: [[0]],
    quant: { kind: 'lookup', weights: [0], indices: 1, blocked: 'com.microsoft.GatherBlockQuantized' },
    types: 'T, int32|int64 -> T',
    cpuBfloat16: true,
  },
  {
    type: 'GatherElements',
    gradient: gatherElements,
    axes: 'X[!*s], I[!*i] -> Y[!*i]',
    quant: { kind: 'passthrough', integers: true },
    types: 'T, int32|int64 -> T',
    cpuBfloat16: true,
  },
  {
    type: 'GatherND',
    gradient: gatherNd,
    quant: { kind: 'passthrough' },
    types: 'T, int64 -> T',
    cpuBfloat16: true,
  },
  {
    type: 'com.microsoft.GatherND',
    quant: { kind: 'passthrough' },
    types: 'T, int32|int64 -> T',
    bfloat16: null,
  },
  {
    type: 'Scatter',
    axes: 'X[!*s], _, _ -> Y[!*s]',
    quant: { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' },
    types: 'T, int32|int64, T -> T',
    bfloat16: null,
  },
  {
    type: 'ScatterElements',
    gradient: scattering.scatterElements,
    axes: 'X[!*s], _, _ -> Y[!*s]',
    quant: { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' },
    types: 'T, int32|int64, T -> T',
    cpuBfloat16: true,
    float32Only: reducing,
  },
  {
    type: 'ScatterND',
    gradient: scattering.scatterNd,
    axes: 'X[!*s], _, _ -> Y[!*s]',
    quant: { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' },
    types: 'T, int64, T -> T',
    cpuBfloat16: true,
    float32Only: reducing,
  },
  {
    type: 'TensorScatter',
    axes: 'X[!*s], _, _ -> Y[!*s]',
    quant: { kind: 'passthrough' },
    types: 'T, T, int64? -> T',
    cpuBfloat16: true,
  },
];
