/** Samples of operators that move, cut, join, pick and reduce. */
import type { GradientSample } from '../check.ts';

function sample(
  op: string,
  about: string,
  graph: string,
  more: Partial<GradientSample> = {},
): GradientSample {
  return { op, about, graph: `g ${graph}`, ...more };
}

function reduction(op: string, more: Partial<GradientSample> = {}): GradientSample[] {
  return [
    sample(
      op,
      'one axis',
      `(float[2,3,4] x) => (float[2,1,4] y) <int64[1] axes = {-2}> { y = ${op}(x, axes) }`,
      more,
    ),
    sample(
      op,
      'two axes that go',
      `(float[2,3,4] x) => (float[3] y) <int64[2] axes = {0, 2}> { y = ${op}<keepdims=0>(x, axes) }`,
      more,
    ),
    sample(op, 'all axes', `(float[2,3,4] x) => (float[1,1,1] y) { y = ${op}(x) }`, more),
  ];
}

const SPREAD = { spread: true, range: [0.5, 3] } as const;

export const rearrangement: readonly GradientSample[] = [
  sample(
    'Reshape',
    '',
    '(float[2,3,4] x) => (float[4,6] y) <int64[2] dims = {4, -1}> { y = Reshape(x, dims) }',
  ),
  sample('Flatten', '', '(float[2,3,4] x) => (float[2,12] y) { y = Flatten(x) }'),
  sample('Squeeze', '', '(float[2,1,4] x) => (float[2,4] y) <int64[1] axes = {1}> { y = Squeeze(x, axes) }'),
  sample(
    'Unsqueeze',
    '',
    '(float[2,4] x) => (float[2,1,4] y) <int64[1] axes = {1}> { y = Unsqueeze(x, axes) }',
  ),
  sample('Transpose', 'reversed', '(float[2,3,4] x) => (float[4,3,2] y) { y = Transpose(x) }'),
  sample(
    'Transpose',
    'in a circle',
    '(float[2,3,4] x) => (float[3,4,2] y) { y = Transpose<perm=[1,2,0]>(x) }',
  ),
  sample(
    'Expand',
    '',
    '(float[3,1] x) => (float[2,3,4] y) <int64[3] dims = {2, 1, 4}> { y = Expand(x, dims) }',
  ),
  sample('Tile', '', '(float[2,3] x) => (float[4,9] y) <int64[2] times = {2, 3}> { y = Tile(x, times) }'),
  sample(
    'DepthToSpace',
    'DCR',
    '(float[1,8,2,3] x) => (float[1,2,4,6] y) { y = DepthToSpace<blocksize=2>(x) }',
  ),
  sample(
    'DepthToSpace',
    'CRD',
    '(float[1,8,2,3] x) => (float[1,2,4,6] y) { y = DepthToSpace<blocksize=2, mode="CRD">(x) }',
  ),
  sample('SpaceToDepth', '', '(float[1,2,4,6] x) => (float[1,8,2,3] y) { y = SpaceToDepth<blocksize=2>(x) }'),
  sample(
    'Slice',
    'a window',
    `(float[4,5] x) => (float[2,3] y) <int64[2] from = {1, -4}, int64[2] to = {3, 4}> { y = Slice(x, from, to) }`,
  ),
  sample(
    'Slice',
    'every second one, backwards',
    `(float[4,7] x) => (float[4,3] y) <int64[1] from = {5}, int64[1] to = {-7}, int64[1] axes = {1}, int64[1] step = {-2}>
     { y = Slice(x, from, to, axes, step) }`,
  ),
  sample(
    'Slice',
    'every third one',
    `(float[4,8] x) => (float[4,3] y) <int64[1] from = {1}, int64[1] to = {100}, int64[1] axes = {-1}, int64[1] step = {3}>
     { y = Slice(x, from, to, axes, step) }`,
  ),
  sample(
    'Pad',
    'zeros',
    '(float[2,3] x) => (float[3,6] y) <int64[4] pads = {0, 1, 1, 2}> { y = Pad(x, pads) }',
  ),
  sample(
    'Pad',
    'negative',
    '(float[3,4] x) => (float[3,4] y) <int64[4] pads = {0, -1, 0, 1}> { y = Pad(x, pads) }',
  ),
  ...['reflect', 'edge', 'wrap'].map((mode) =>
    sample(
      'Pad',
      mode,
      `(float[3,4] x) => (float[3,8] y) <int64[4] pads = {0, 2, 0, 2}> { y = Pad<mode="${mode}">(x, pads) }`,
    ),
  ),
  sample('Concat', '', '(float[2,3] a, float[2,1] b) => (float[2,7] y) { y = Concat<axis=-1>(a, b, a) }'),
  sample(
    'Concat',
    'one part',
    '(float[2,3] a, float[2,2] b) => (float[2,5] y) { y = Concat<axis=1>(a, b) }',
    {
      fixed: ['a'],
    },
  ),
  sample(
    'Split',
    '',
    '(float[2,6] x) => (float[2,1] a, float[2,5] b) <int64[2] sizes = {1, 5}> { a, b = Split<axis=1>(x, sizes) }',
  ),
  sample(
    'Split',
    'one part unused',
    '(float[2,6] x) => (float[2,2] b) { a, b, c = Split<axis=-1, num_outputs=3>(x) }',
  ),
  sample('Gather', 'rows', '(float[4,3] x, int64[2,3] i) => (float[2,3,3] y) { y = Gather(x, i) }', {
    feeds: { i: [0, 3, -1, 1, 1, 3] },
  }),
  sample(
    'Gather',
    'inside',
    '(float[2,4,3] x, int32[3] i) => (float[2,3,3] y) { y = Gather<axis=-2>(x, i) }',
    {
      feeds: { i: [3, 0, 3] },
    },
  ),
  sample(
    'Gather',
    'of a large table',
    '(float[2000,2] x, int64[600] i) => (float[600,2] y) { y = Gather(x, i) }',
    { feeds: { i: Array.from({ length: 600 }, (_, at) => (at * 7) % 300) } },
  ),
  sample(
    'Gather',
    'inside a large table',
    '(float[2,2000] x, int64[600] i) => (float[2,600] y) { y = Gather<axis=1>(x, i) }',
    { feeds: { i: Array.from({ length: 600 }, (_, at) => (at * 7) % 300) } },
  ),
  sample(
    'GatherElements',
    '',
    '(float[3,4] x, int64[2,4] i) => (float[2,4] y) { y = GatherElements(x, i) }',
    {
      feeds: { i: [0, 1, 2, 0, 0, 2, 2, 1] },
    },
  ),
  sample('GatherND', '', '(float[3,4] x, int64[3,1] i) => (float[3,4] y) { y = GatherND(x, i) }', {
    feeds: { i: [2, 0, 2] },
  }),
  sample('Where', '', '(bool[3,4] c, float[4] a, float[3,1] b) => (float[3,4] y) { y = Where(c, a, b) }', {
    feeds: { c: [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1] },
  }),
  ...['ReduceSum', 'ReduceMean', 'ReduceSumSquare', 'ReduceLogSumExp'].flatMap((op) => reduction(op)),
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceProd'].flatMap((op) =>
    reduction(op, { range: [0.5, 2] }),
  ),
  ...['ReduceMax', 'ReduceMin'].flatMap((op) => reduction(op, SPREAD)),
];
