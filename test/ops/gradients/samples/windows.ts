/** Samples of convolutions, poolings and normalizations. */
import type { GradientSample } from '../check.ts';

function conv(
  about: string,
  x: string,
  w: string,
  y: string,
  attributes: string,
  op = 'Conv',
): GradientSample {
  const channels = y.slice(1, -1).split(',')[1];
  return {
    op,
    about,
    graph: `g (float${x} x, float${w} w, float[${channels}] b) => (float${y} y) { y = ${op}${attributes}(x, w, b) }`,
  };
}

const transposed = (about: string, x: string, w: string, y: string, attributes: string) =>
  conv(about, x, w, y, attributes, 'ConvTranspose');

function pool(op: string, about: string, x: string, y: string, attributes: string): GradientSample {
  return {
    op,
    about,
    graph: `g (float${x} x) => (float${y} y) { y = ${op}${attributes}(x) }`,
    spread: true,
    range: [-4, 4],
  };
}

const pools = (op: string): GradientSample[] => [
  pool(op, 'tiles', '[2,2,4,6]', '[2,2,2,3]', '<kernel_shape=[2,2], strides=[2,2]>'),
  pool(op, 'overlapping', '[1,2,5,5]', '[1,2,3,3]', '<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>'),
  pool(op, 'what is left over', '[1,2,7]', '[1,2,2]', '<kernel_shape=[3], strides=[3]>'),
  pool(op, 'rounded up', '[1,2,8]', '[1,2,4]', '<kernel_shape=[3], strides=[2], ceil_mode=1>'),
  pool(
    op,
    'padded to fit',
    '[1,1,5,4]',
    '[1,1,3,2]',
    '<kernel_shape=[2,3], strides=[2,2], auto_pad="SAME_UPPER">',
  ),
  pool(op, 'three axes', '[1,1,3,4,4]', '[1,1,2,2,3]', '<kernel_shape=[2,3,2]>'),
];

const MICROSOFT = '<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]> g';

export const windows: readonly GradientSample[] = [
  conv('plain', '[2,3,5,6]', '[4,3,3,3]', '[2,4,3,4]', ''),
  conv('padded', '[2,3,5,5]', '[4,3,3,3]', '[2,4,5,5]', '<pads=[1,1,1,1]>'),
  conv('strided, with a rest', '[2,2,6,8]', '[3,2,3,3]', '[2,3,2,3]', '<strides=[2,3], pads=[0,1,0,1]>'),
  conv('dilated', '[1,2,7,7]', '[3,2,3,2]', '[1,3,3,5]', '<dilations=[2,2]>'),
  conv('padded unevenly', '[1,2,4,4]', '[3,2,2,3]', '[1,3,4,4]', '<pads=[0,2,1,0]>'),
  conv('pointwise', '[2,3,4,4]', '[5,3,1,1]', '[2,5,4,4]', ''),
  conv('pointwise, strided', '[2,3,5,5]', '[5,3,1,1]', '[2,5,3,3]', '<strides=[2,2]>'),
  conv('grouped', '[2,4,5,5]', '[6,2,3,3]', '[2,6,3,3]', '<group=2>'),
  conv('grouped, strided with a rest', '[2,4,6,6]', '[6,2,3,3]', '[2,6,2,2]', '<group=2, strides=[2,2]>'),
  conv('depthwise', '[2,3,5,5]', '[3,1,3,3]', '[2,3,5,5]', '<group=3, pads=[1,1,1,1]>'),
  conv(
    'depthwise, strided',
    '[2,3,6,6]',
    '[3,1,3,3]',
    '[2,3,3,3]',
    '<group=3, pads=[1,1,1,1], strides=[2,2]>',
  ),
  conv('one axis', '[2,3,9]', '[4,3,3]', '[2,4,5]', '<strides=[2], pads=[1,1]>'),
  conv('a long kernel', '[2,2,44]', '[3,2,36]', '[2,3,5]', '<strides=[2]>'),
  conv('three axes', '[1,2,3,4,4]', '[2,2,2,3,2]', '[1,2,2,2,3]', ''),
  conv('SAME_UPPER', '[1,2,6,5]', '[2,2,3,2]', '[1,2,3,3]', '<auto_pad="SAME_UPPER", strides=[2,2]>'),
  conv('SAME_LOWER', '[1,2,6,5]', '[2,2,3,2]', '[1,2,3,3]', '<auto_pad="SAME_LOWER", strides=[2,2]>'),
  transposed('plain', '[2,3,3,4]', '[3,4,3,3]', '[2,4,5,6]', ''),
  transposed('strided', '[2,3,3,3]', '[3,2,3,3]', '[2,2,5,5]', '<strides=[2,2], pads=[1,1,1,1]>'),
  transposed(
    'with more at the end',
    '[1,2,3,3]',
    '[2,2,3,3]',
    '[1,2,6,6]',
    '<strides=[2,2], pads=[1,1,1,1], output_padding=[1,1]>',
  ),
  transposed('grouped', '[1,4,3,3]', '[4,2,2,2]', '[1,4,6,6]', '<group=2, strides=[2,2]>'),
  transposed('one axis', '[2,3,4]', '[3,2,4]', '[2,2,8]', '<strides=[2], pads=[1,1]>'),
  ...pools('MaxPool'),
  ...pools('AveragePool'),
  pool(
    'AveragePool',
    'padding counts',
    '[1,2,5,5]',
    '[1,2,3,3]',
    '<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], count_include_pad=1>',
  ),
  pool('GlobalAveragePool', '', '[2,3,4,5]', '[2,3,1,1]', ''),
  pool('GlobalMaxPool', '', '[2,3,4,5]', '[2,3,1,1]', ''),
  {
    op: 'BatchNormalization',
    about: 'in training',
    graph: `g (float[4,3,5] x, float[3] s, float[3] b) => (float[4,3,5] y) <float[3] m = {0, 0, 0}, float[3] v = {1, 1, 1}> {
      y, rm, rv = BatchNormalization<training_mode=1, epsilon=0.01>(x, s, b, m, v) }`,
  },
  {
    op: 'BatchNormalization',
    about: 'frozen',
    graph: `g (float[2,3,4,4] x, float[3] s, float[3] b) => (float[2,3,4,4] y) <float[3] m = {0.1, 0, -1}, float[3] v = {1, 0.5, 2}> {
      y = BatchNormalization(x, s, b, m, v) }`,
  },
  {
    op: 'LayerNormalization',
    graph: `g (float[4,3,5] x, float[5] s, float[5] b) => (float[4,3,5] y) { y = LayerNormalization(x, s, b) }`,
  },
  {
    op: 'LayerNormalization',
    about: 'two axes, no shift',
    graph: `g (float[4,3,5] x, float[3,5] s) => (float[4,3,5] y) { y = LayerNormalization<axis=1, epsilon=0.1>(x, s) }`,
  },
  {
    op: 'RMSNormalization',
    graph: `<ir_version: 10, opset_import: ["": 23]>
      g (float[4,3,5] x, float[5] s) => (float[4,3,5] y) { y = RMSNormalization(x, s) }`,
  },
  {
    op: 'SimplifiedLayerNormalization',
    graph: `g (float[4,3,5] x, float[5] s) => (float[4,3,5] y) { y = SimplifiedLayerNormalization(x, s) }`,
  },
  {
    op: 'InstanceNormalization',
    graph: `g (float[2,3,5] x, float[3] s, float[3] b) => (float[2,3,5] y) { y = InstanceNormalization(x, s, b) }`,
  },
  {
    op: 'GroupNormalization',
    graph: `<ir_version: 10, opset_import: ["": 21]>
      g (float[2,4,3,3] x, float[4] s, float[4] b) => (float[2,4,3,3] y) { y = GroupNormalization<num_groups=2>(x, s, b) }`,
  },
  ...[1, 2].map((p) => ({
    op: 'LpNormalization',
    about: `p = ${p}`,
    graph: `g (float[4,5] x) => (float[4,5] y) { y = LpNormalization<axis=1, p=${p}>(x) }`,
    range: [0.5, 2] as const,
  })),
  {
    op: 'com.microsoft.SkipLayerNormalization',
    graph: `${MICROSOFT} (float[2,3,5] x, float[2,3,5] r, float[5] s, float[5] b, float[5] c) => (float[2,3,5] y) {
      y = com.microsoft.SkipLayerNormalization<epsilon=0.01>(x, r, s, b, c) }`,
  },
  {
    op: 'com.microsoft.SkipSimplifiedLayerNormalization',
    graph: `${MICROSOFT} (float[2,3,5] x, float[2,3,5] r, float[5] s) => (float[2,3,5] y) {
      y = com.microsoft.SkipSimplifiedLayerNormalization<epsilon=0.01>(x, r, s) }`,
  },
];
