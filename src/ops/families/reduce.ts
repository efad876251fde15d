/** Reductions along axes. */

import type { Node } from '../../ir/node.ts';
import { reductions } from '../gradients/reduce.ts';
import * as scattering from '../gradients/scatter.ts';
import { intsOf, labels, normalAxis, rankOf } from '../labels.ts';
import { defineOps, type OpSpec } from '../spec.ts';

const FLOAT = { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' } as const;

/** The reduced axes: an attribute in older opsets, an input in newer ones; all axes when neither is there. */
function reduce(node: Node): string | null {
  const rank = rankOf(node, 0);
  const stated = intsOf(node, 'axes', 1);
  if (rank === null || (node.input(1) && !stated)) return null;
  if (!stated?.length && node.int('noop_with_empty_axes', 0) === 1) return 'X[*s] -> Y[*s]';
  return reduced(
    rank,
    stated?.length ? stated : labels(rank).map((_, axis) => axis),
    node.int('keepdims', 1) === 1,
  );
}

function argument(node: Node): string | null {
  const rank = rankOf(node, 0);
  return rank === null ? null : reduced(rank, [node.int('axis', 0)], node.int('keepdims', 1) === 1);
}

function reduced(rank: number, axes: readonly number[], keep: boolean): string {
  const gone = new Set(axes.map((axis) => normalAxis(axis, rank)));
  const before = labels(rank).map((label, axis) => (gone.has(axis) ? `!${label}` : label));
  const after = before.flatMap((label, axis) => (gone.has(axis) ? (keep ? ['1'] : []) : [label]));
  return `X[${before.join(' ')}], _ -> Y[${after.join(' ')}]`;
}

export const reduction: readonly OpSpec[] = [
  ...defineOps(
    ['ReduceLogSum', 'ReduceLogSumExp', 'ReduceProd', 'ReduceSumSquare'],
    {
      axes: reduce,
      quant: FLOAT,
      types: 'T, int64? -> T',
    },
    {
      ReduceLogSum: { gradient: reductions.logSum },
      ReduceLogSumExp: { gradient: reductions.logSumExp },
      ReduceProd: { gradient: reductions.prod },
      ReduceSumSquare: { gradient: reductions.sumSquare },
    },
  ),
  ...defineOps(
    ['ReduceL1', 'ReduceL2', 'ReduceMax', 'ReduceMin', 'ReduceSum'],
    {
      axes: reduce,
      homogeneous: [[0]],
      quant: FLOAT,
      types: 'T, int64? -> T',
    },
    {
      ReduceL1: { gradient: reductions.l1 },
      ReduceL2: { gradient: reductions.l2 },
      ReduceMax: { gradient: reductions.max },
      ReduceMin: { gradient: reductions.min },
      ReduceSum: { gradient: reductions.sum },
    },
  ),
  {
    type: 'ReduceMean',
    gradient: reductions.mean,
    axes: reduce,
    statistics: true,
    homogeneous: [[0]],
    quant: FLOAT,
    types: 'T, int64? -> T',
  },
  ...defineOps(['ArgMax', 'ArgMin'], {
    gradient: 'none',
    axes: argument,
    quant: { kind: 'exact' },
    types: 'T -> int64',
  }),
  { type: 'CumProd', axes: 'X[!*s], _ -> Y[!*s]', quant: FLOAT, types: 'T, int32|int64 -> T' },
  {
    type: 'CumSum',
    gradient: scattering.cumSum,
    axes: 'X[!*s], _ -> Y[!*s]',
    quant: FLOAT,
    types: 'T, int32|int64 -> T',
    float16: 14,
    bfloat16: 14,
  },
];
