/** Parts of tensors and their opposite: Slice, Pad, and what fills or masks regions. */
import { floatsOf } from '../../ir/floats.ts';
import type { Node } from '../../ir/node.ts';
import { changed, constantInts, intsOf, labels, normalAxis, rankOf, tensor } from '../labels.ts';
import { defineOps, type InputSets, type OpSpec } from '../spec.ts';

/** Axes that are not sliced stay what they are. */
function slice(node: Node): string | null {
  const rank = rankOf(node, 0);
  const starts = intsOf(node, 'starts', 1);
  const stated = intsOf(node, 'axes', 3);
  if (rank === null || (node.input(3) && !stated) || (!stated && !starts)) return null;
  const axes = stated ?? (starts ?? []).map((_, axis) => axis);
  const cut = new Set(axes.map((axis) => normalAxis(axis, rank)));
  const { before, after } = changed(labels(rank), (axis) => cut.has(axis));
  return `${tensor('X', before)}, _, _, _, _ -> ${tensor('Y', after)}`;
}

/** Axes that get no padding stay what they are. */
function pad(node: Node): string | null {
  const rank = rankOf(node, 0);
  const pads = intsOf(node, 'pads', 1);
  const axes = constantInts(node, 3) ?? labels(rank ?? 0).map((_, axis) => axis);
  if (rank === null || !pads || pads.length !== 2 * axes.length) return null;
  const padded = new Set(
    axes
      .filter((_, at) => pads[at] !== 0 || pads[at + axes.length] !== 0)
      .map((axis) => normalAxis(axis, rank)),
  );
  const { before, after } = changed(labels(rank), (axis) => padded.has(axis));
  return `${tensor('X', before)}, _, _, _ -> ${tensor('Y', after)}`;
}

/** Its data, unless numbers other than zero are put around them. */
function withZeros(node: Node): InputSets {
  const value = node.input(2);
  const constant = value?.tensor?.dtype === 'float32' ? floatsOf(value.tensor)[0] : undefined;
  const filler = value ? constant : node.float('value');
  return node.text('mode', 'constant') !== 'constant' || filler === 0 ? [[0]] : [];
}

export const slicing: readonly OpSpec[] = [
  {
    type: 'Slice',
    axes: slice,
    homogeneous: [[0]],
    quant: { kind: 'passthrough', integers: true },
    types: 'T, Tind, Tind, Tind?, Tind? -> T',
    cpuBfloat16: true,
  },
  {
    type: 'Pad',
    axes: pad,
    homogeneous: withZeros,
    quant: { kind: 'passthrough' },
    types: 'T, int64, T?, int32|int64? -> T',
  },
  {
    type: 'com.microsoft.Pad',
    axes: pad,
    homogeneous: withZeros,
    quant: { kind: 'passthrough' },
    types: 'T, int64, T? -> T',
    bfloat16: null,
  },
  { type: 'CenterCropPad', quant: { kind: 'passthrough' }, types: 'T, int32|int64 -> T' },
  ...defineOps(['Trilu', 'com.microsoft.Trilu'], {
    axes: 'X[*b !m !n], _ -> Y[*b !m !n]',
    homogeneous: [[0]],
    quant: { kind: 'passthrough' },
    types: 'T, int64? -> T',
  }),
];
