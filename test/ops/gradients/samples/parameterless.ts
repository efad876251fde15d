/** Samples of normalizations and poolings without parameters, and of losses. */
import type { GradientSample } from '../check.ts';

function lpPool(about: string, x: string, y: string, attributes: string): GradientSample {
  return {
    op: 'LpPool',
    about,
    graph: `g (float${x} x) => (float${y} y) { y = LpPool<${attributes}>(x) }`,
    awayFromZero: 0.1,
  };
}

/** Five rows of four classes, two places each where `places` says so. */
function loss(
  op: 'SoftmaxCrossEntropyLoss' | 'NegativeLogLikelihoodLoss',
  about: string,
  attributes: string,
  more: { readonly weights?: true; readonly places?: true; readonly logarithms?: true } = {},
): GradientSample {
  const space = more.places ? ',2' : '';
  const labels = more.places ? [0, 1, 2, 3, -1, 2, 3, 3, 0, -1] : [0, 3, -1, 2, 3];
  const ignores = attributes.includes('ignore_index');
  const y = attributes.includes('none') ? `[5${space}]` : '';
  return {
    op,
    about,
    graph: `g (float[5,4${space}] x, int64[5${space}] t${more.weights ? ', float[4] w' : ''}) => (float${y} y${more.logarithms ? `, float[5,4${space}] l` : ''}) {
      y${more.logarithms ? ', l' : ''} = ${op}${attributes}(x, t${more.weights ? ', w' : ''}) }`,
    feeds: { t: ignores ? labels : labels.map((label) => Math.max(label, 0)) },
    ranges: { w: [0.5, 1.5] },
    fixed: ['w'],
  };
}

export const parameterless: readonly GradientSample[] = [
  ...['<size=3>', '<size=5, alpha=0.5, beta=0.6, bias=1.5>'].map((attributes) => ({
    op: 'LRN',
    about: attributes,
    graph: `g (float[2,5,2,3] x) => (float[2,5,2,3] y) { y = LRN${attributes}(x) }`,
  })),
  ...['', '<axes=[1,2]>', '<axes=[-1]>'].map((attributes) => ({
    op: 'MeanVarianceNormalization',
    about: attributes || 'batch and space',
    graph: `g (float[2,2,3,4] x) => (float[2,2,3,4] y) { y = MeanVarianceNormalization${attributes}(x) }`,
  })),
  lpPool('tiles', '[1,2,4,4]', '[1,2,2,2]', 'kernel_shape=[2,2], strides=[2,2]'),
  lpPool('p = 1, padded', '[1,2,5,4]', '[1,2,5,2]', 'p=1, kernel_shape=[3,3], strides=[1,2], pads=[1,1,1,1]'),
  lpPool('p = 3, dilated', '[1,1,6,6]', '[1,1,2,4]', 'p=3, kernel_shape=[3,2], dilations=[2,2]'),
  lpPool('rounded up', '[1,1,5,6]', '[1,1,3,3]', 'kernel_shape=[2,2], strides=[2,2], ceil_mode=1'),
  lpPool('padded to fit', '[1,1,5]', '[1,1,3]', 'kernel_shape=[2], strides=[2], auto_pad="SAME_LOWER"'),
  ...['', '<p=1>', '<p=3>'].map((attributes) => ({
    op: 'GlobalLpPool',
    about: attributes || 'p = 2',
    graph: `g (float[2,3,2,3] x) => (float[2,3,1,1] y) { y = GlobalLpPool${attributes}(x) }`,
    awayFromZero: 0.1,
  })),
  loss('SoftmaxCrossEntropyLoss', 'mean', ''),
  loss('SoftmaxCrossEntropyLoss', 'each row, and logarithms', '<reduction="none">', { logarithms: true }),
  loss('SoftmaxCrossEntropyLoss', 'mean by weights', '', { weights: true }),
  loss('SoftmaxCrossEntropyLoss', 'mean of some', '<ignore_index=-1>', { weights: true }),
  loss('SoftmaxCrossEntropyLoss', 'sum of some places', '<ignore_index=-1, reduction="sum">', {
    places: true,
  }),
  loss('NegativeLogLikelihoodLoss', 'mean', ''),
  loss('NegativeLogLikelihoodLoss', 'each', '<reduction="none">', { weights: true }),
  loss('NegativeLogLikelihoodLoss', 'mean of some places', '<ignore_index=-1>', {
    weights: true,
    places: true,
  }),
];
