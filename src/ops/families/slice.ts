/** Parts of tensors and their opposite: Slice, Pad, and what fills or masks regions. */

import { floatsOf } from '../../ir/floats.ts';
import type { Node } from '../../ir/node.ts';
import type { Shape } from '../../ir/value.ts';
import * as scattering from '../gradients/scatter.ts';
import { padded, sliced } from '../gradients/slice.ts';
import { changed, constantInts, intsOf, labels, normalAxis, rankOf, stateInts, tensor } from '../labels.ts';
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

/** The positions a Slice with constant bounds takes, where they follow each other. */
function picked(node: Node, shape: Shape): ReadonlyMap<number, Int32Array> | null {
  const bounds = boundsOf(node);
  if (!bounds) return null;
  const picks = new Map<number, Int32Array>();
  for (const [at, stated] of bounds.axes.entries()) {
    const axis = normalAxis(stated, shape.length);
    const size = axis === null ? null : shape[axis];
    if (axis === null || typeof size !== 'number' || (bounds.steps?.[at] ?? 1) !== 1) continue;
    const bound = (place: number) => Math.min(Math.max(place < 0 ? place + size : place, 0), size);
    const [start, end] = [bound(bounds.starts[at] ?? 0), bound(bounds.ends[at] ?? 0)];
    picks.set(
      axis,
      Int32Array.from({ length: Math.max(0, end - start) }, (_, k) => start + k),
    );
  }
  return picks;
}

interface Bounds {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps: readonly number[] | null;
}

/** Null where one of them is computed. */
function boundsOf(node: Node): Bounds | null {
  const starts = intsOf(node, 'starts', 1);
  const ends = intsOf(node, 'ends', 2);
  const steps = intsOf(node, 'steps', 4);
  const axes =
    node.input(3) || node.attributes.has('axes') ? intsOf(node, 'axes', 3) : starts?.map((_, axis) => axis);
  return starts && ends && axes && (steps || !node.input(4)) ? { starts, ends, axes, steps } : null;
}

function pick(node: Node, axis: number, rank: number, positions: readonly number[]): void {
  const bounds = boundsOf(node);
  const at = bounds?.axes.findIndex((stated) => normalAxis(stated, rank) === axis) ?? -1;
  if (!bounds || at < 0) return;
  const start = positions[0] ?? 0;
  const write = (name: string, input: number, before: readonly number[], value: number) =>
    stateInts(
      node,
      name,
      input,
      before.map((each, index) => (index === at ? value : each)),
    );
  write('starts', 1, bounds.starts, start);
  write('ends', 2, bounds.ends, start + positions.length);
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
    gradient: sliced,
    axes: slice,
    picks: { at: picked, write: pick },
    homogeneous: [[0]],
    quant: { kind: 'passthrough', integers: true },
    types: 'T, Tind, Tind, Tind?, Tind? -> T',
    cpuBfloat16: true,
  },
  {
    type: 'Pad',
    gradient: padded,
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
    gradient: scattering.triangle,
    axes: 'X[*b !m !n], _ -> Y[*b !m !n]',
    homogeneous: [[0]],
    quant: { kind: 'passthrough' },
    types: 'T, int64? -> T',
  }),
];
