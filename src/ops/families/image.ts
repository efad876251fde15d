/** Resampling of images and feature maps. */

import type { Node } from '../../ir/node.ts';
import type { Dim } from '../../ir/value.ts';
import { columnsToImage } from '../gradients/columns.ts';
import { resize as resampled } from '../gradients/resize.ts';
import { gridSample } from '../gradients/sampling.ts';
import { changed, labels, rankOf, tensor } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

const FLOAT = { kind: 'float-only', reason: 'interpolates in float' } as const;

/** An axis is kept when its scale is 1 or, where sizes are stated instead, when its size is known to stay. */
function resize(scalesInput: (node: Node) => number): (node: Node) => string | null {
  return (node) => {
    const rank = rankOf(node, 0);
    if (rank === null) return null;
    const scales = scalesOf(node, scalesInput(node));
    if (scales?.length === rank) return signature(rank, (axis) => scales[axis] === 1);
    const from = node.input(0)?.type?.shape;
    const to = node.output()?.type?.shape;
    return signature(rank, (axis) => equalSizes(from?.[axis], to?.[axis]));
  };
}

function signature(rank: number, keeps: (axis: number) => boolean): string {
  const { before, after } = changed(labels(rank), (axis) => !keeps(axis));
  return `${tensor('X', before)}, _, _, _ -> ${tensor('Y', after)}`;
}

function equalSizes(a: Dim | undefined, b: Dim | undefined): boolean {
  return a !== undefined && a !== null && a === b;
}

function scalesOf(node: Node, input: number): readonly number[] | null {
  const attribute = node.attributes.get('scales');
  if (attribute?.kind === 'floats') return attribute.value;
  const constant = node.constant(input);
  return constant?.dtype === 'float32' && constant.size <= 8 ? Array.from(constant.array(), Number) : null;
}

export const resampling: readonly OpSpec[] = [
  // Opset 10 has the scales where opset 11 has the region of interest.
  {
    type: 'Resize',
    gradient: resampled,
    axes: resize((node) => (node.inputs.length > 2 ? 2 : 1)),
    statedShape: 3,
    // Region and scales (scales alone at first).
    tables: [1, 2],
    homogeneous: (node) => (node.float('extrapolation_value') === 0 ? [[0]] : []),
    quant: { kind: 'passthrough', integers: (node) => node.text('mode', 'nearest') === 'nearest' },
    types: 'T, float32?, float32?, int64? -> T',
  },
  {
    type: 'Upsample',
    axes: resize(() => 1),
    tables: [1],
    homogeneous: [[0]],
    quant: { kind: 'passthrough' },
    types: 'T, float32 -> T',
    bfloat16: null,
  },
  {
    type: 'GridSample',
    gradient: { decompose: gridSample },
    tables: [1],
    axes: 'X[n c !*s], G[n !*t !d] -> Y[n c !*t]',
    quant: FLOAT,
    types: 'T1, T2 -> T1',
    bfloat16: 22,
  },
  {
    type: 'com.microsoft.GridSample',
    gradient: { decompose: gridSample },
    tables: [1],
    axes: 'X[n c !*s], G[n !*t !d] -> Y[n c !*t]',
    quant: FLOAT,
    types: 'T1, T1 -> T2',
    bfloat16: null,
  },
  { type: 'AffineGrid', quant: FLOAT, types: 'T1, int64 -> T1' },
  { type: 'Col2Im', gradient: columnsToImage, quant: FLOAT, types: 'T, int64, int64 -> T' },
  { type: 'com.microsoft.CropAndResize', quant: FLOAT, types: 'T1, T1, int32, int32 -> T1', bfloat16: null },
  { type: 'ImageDecoder', quant: { kind: 'exact' }, types: 'uint8 -> uint8' },
];
