/** Rearrangements: the same elements under other dims. */

import type { Node } from '../../ir/node.ts';
import {
  depthToSpace,
  expanded,
  redimension,
  reversed,
  spaceToDepth,
  tiled,
  transposed,
} from '../gradients/rearrange.ts';
import { constantInts, intsOf, labels, normalAxis, rankOf, tensor } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

function transpose(node: Node): string | null {
  const order = node.ints('perm');
  const rank = order?.length ?? rankOf(node, 0);
  if (rank === null) return null;
  const axes = labels(rank);
  const permuted = order ? order.map((axis) => axes[axis] ?? '?') : [...axes].reverse();
  return permuted.includes('?') ? null : `X[${axes.join(' ')}] -> Y[${permuted.join(' ')}]`;
}

/** Two axes remain: the product of those before `axis` and the product of the rest. */
function flatten(node: Node): string | null {
  const rank = rankOf(node, 0);
  if (rank === null) return null;
  const stated = node.int('axis', 1);
  const cut = stated < 0 ? stated + rank : stated;
  const axes = labels(rank);
  const product = (part: readonly string[]) => (part.length > 1 ? `(${part.join(' ')})` : (part[0] ?? '1'));
  return `X[${axes.join(' ')}] -> Y[${product(axes.slice(0, cut))} ${product(axes.slice(cut))}]`;
}

function squeeze(node: Node): string | null {
  const rank = rankOf(node, 0);
  const stated = intsOf(node, 'axes', 1);
  if (rank === null || !stated) return null;
  const gone = new Set(stated.map((axis) => normalAxis(axis, rank)));
  const before = labels(rank).map((label, axis) => (gone.has(axis) ? '1' : label));
  return `X[${before.join(' ')}], _ -> Y[${before.filter((_, axis) => !gone.has(axis)).join(' ')}]`;
}

function unsqueeze(node: Node): string | null {
  const rank = rankOf(node, 0);
  const stated = intsOf(node, 'axes', 1);
  if (rank === null || !stated) return null;
  const full = rank + stated.length;
  const added = new Set(stated.map((axis) => normalAxis(axis, full)));
  if (added.size !== stated.length || added.has(null)) return null;
  const axes = labels(rank);
  const rest = [...axes];
  const after = Array.from({ length: full }, (_, axis) => (added.has(axis) ? '1' : (rest.shift() ?? '1')));
  return `X[${axes.join(' ')}], _ -> Y[${after.join(' ')}]`;
}

/** Repeats; an axis repeated once is the same axis. */
function tile(node: Node): string | null {
  const repeats = constantInts(node, 1);
  const rank = rankOf(node, 0);
  if (!repeats || repeats.length !== rank) return null;
  const axes = labels(rank);
  const after = axes.map((label, axis) => (repeats[axis] === 1 ? label : `!${label}x`));
  const before = axes.map((label, axis) => (repeats[axis] === 1 ? label : `!${label}`));
  return `${tensor('X', before)}, _ -> ${tensor('Y', after)}`;
}

/** Broadcasts to a stated shape: an axis is the input's unless that is stretched or its size is unknown. */
function expand(node: Node): string | null {
  const rank = rankOf(node, 0);
  const constant = constantInts(node, 1);
  const shape = constant ?? node.output()?.type?.shape;
  if (!shape || rank === null || shape.some((size) => typeof size === 'number' && size < 0)) return null;
  const full = labels(Math.max(rank, shape.length));
  const own = node.input(0)?.tensor?.dims ?? node.input(0)?.type?.shape;
  const before: string[] = [];
  const after = full.map((label, axis) => {
    const stated = shape[axis - (full.length - shape.length)] ?? 1;
    const at = axis - (full.length - rank);
    const size = at < 0 ? 1 : own?.[at];
    const same = stated === 1 || (typeof size === 'number' && size === stated);
    if (at >= 0) before.push(same ? label : size === 1 ? '1' : `!${label}`);
    return same ? label : size === 1 ? `${label}x` : `!${label}x`;
  });
  // A size that is stated may be larger than the input's.
  const sizes = after.flatMap((label, axis) => {
    const stated = constant?.[axis - (full.length - constant.length)] ?? 1;
    return label.endsWith('x') && stated !== 1 ? [`${label.replace('!', '')}=${stated}`] : [];
  });
  const signature = `${tensor('X', before)}, _ -> ${tensor('Y', after)}`;
  return sizes.length > 0 ? `${signature} | ${sizes.join(', ')}` : signature;
}

export const rearrangement: readonly OpSpec[] = [
  {
    type: 'Reshape',
    gradient: redimension,
    homogeneous: [[0]],
    axes: { relation: 'reshape' },
    statedShape: 1,
    quant: { kind: 'passthrough', integers: true },
    types: 'T, int64 -> T',
    cpuBfloat16: true,
  },
  {
    type: 'Transpose',
    gradient: transposed,
    homogeneous: [[0]],
    axes: transpose,
    quant: { kind: 'passthrough', integers: true },
    types: 'T -> T',
    cpuBfloat16: true,
  },
  {
    type: 'Flatten',
    gradient: redimension,
    homogeneous: [[0]],
    axes: flatten,
    quant: { kind: 'passthrough', integers: true },
    types: 'T -> T',
    cpuBfloat16: true,
  },
  {
    type: 'Squeeze',
    gradient: redimension,
    homogeneous: [[0]],
    axes: squeeze,
    quant: { kind: 'passthrough', integers: true },
    types: 'T, int64? -> T',
    cpuBfloat16: true,
  },
  {
    type: 'Unsqueeze',
    gradient: redimension,
    homogeneous: [[0]],
    axes: unsqueeze,
    quant: { kind: 'passthrough', integers: true },
    types: 'T, int64 -> T',
    cpuBfloat16: true,
  },
  {
    type: 'Expand',
    gradient: expanded,
    axes: expand,
    statedShape: 1,
    homogeneous: [[0]],
    quant: { kind: 'passthrough', integers: true },
    types: 'T, int64 -> T',
  },
  {
    type: 'com.microsoft.ExpandDims',
    quant: { kind: 'passthrough' },
    types: 'T, int32 -> T',
    bfloat16: null,
  },
  {
    type: 'Tile',
    gradient: tiled,
    axes: tile,
    homogeneous: [[0]],
    quant: { kind: 'passthrough', integers: true },
    types: 'T, int64 -> T',
  },
  {
    type: 'DepthToSpace',
    gradient: depthToSpace,
    homogeneous: [[0]],
    axes: (node) =>
      `X[n ${node.text('mode', 'DCR') === 'CRD' ? '(c p q)' : '(p q c)'} h w] -> Y[n c (h p) (w q)] | p=blocksize, q=blocksize`,
    quant: { kind: 'passthrough', integers: true },
    types: 'T -> T',
  },
  {
    type: 'SpaceToDepth',
    gradient: spaceToDepth,
    homogeneous: [[0]],
    axes: 'X[n c (h p) (w q)] -> Y[n (p q c) h w] | p=blocksize, q=blocksize',
    quant: { kind: 'passthrough' },
    types: 'T -> T',
  },
  {
    type: 'ReverseSequence',
    gradient: reversed,
    axes: 'X[!a !b *s], _ -> Y[!a !b *s]',
    quant: { kind: 'passthrough' },
    types: 'T, int64 -> T',
    bfloat16: 28,
    cpuBfloat16: true,
  },
];
