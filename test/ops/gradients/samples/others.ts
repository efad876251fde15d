/** Samples of resampling, Einsum and writing by index. */
import type { GradientSample } from '../check.ts';

function resize(about: string, x: string, y: string, attributes: string, by: string): GradientSample {
  const [kind = '', values = ''] = by.split(' ', 2);
  const inputs = kind === 'scales' ? 'x, "", s' : 'x, "", "", s';
  const type = kind === 'scales' ? 'float' : 'int64';
  return {
    op: 'Resize',
    about,
    graph: `g (float${x} x) => (float${y} y) <${type}[${values.split(',').length}] s = {${values}}> { y = Resize${attributes}(${inputs}) }`,
  };
}

function einsum(equation: string, operands: readonly string[], y: string): GradientSample {
  const names = ['a', 'b', 'c'].slice(0, operands.length);
  return {
    op: 'Einsum',
    about: equation,
    graph: `g (${operands.map((dims, at) => `float${dims} ${names[at]}`).join(', ')}) => (float${y} y) {
      y = Einsum<equation="${equation}">(${names.join(', ')}) }`,
  };
}

export const others: readonly GradientSample[] = [
  resize(
    'nearest, twice',
    '[1,2,3,4]',
    '[1,2,6,8]',
    '<mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor">',
    'scales 1,1,2,2',
  ),
  resize('nearest, to sizes', '[1,2,5,4]', '[1,2,3,7]', '<mode="nearest">', 'sizes 1,2,3,7'),
  resize('linear', '[1,2,3,4]', '[1,2,6,8]', '<mode="linear">', 'scales 1,1,2,2'),
  resize(
    'linear, corners aligned',
    '[1,1,4,4]',
    '[1,1,7,5]',
    '<mode="linear", coordinate_transformation_mode="align_corners">',
    'sizes 1,1,7,5',
  ),
  resize(
    'linear, smaller',
    '[1,1,6,5]',
    '[1,1,3,2]',
    '<mode="linear", coordinate_transformation_mode="pytorch_half_pixel">',
    'sizes 1,1,3,2',
  ),
  resize('cubic', '[1,1,4,5]', '[1,1,8,10]', '<mode="cubic">', 'scales 1,1,2,2'),
  einsum('ij,jk->ik', ['[2,3]', '[3,4]'], '[2,4]'),
  einsum('bhid,bhjd->bhij', ['[2,2,3,4]', '[2,2,5,4]'], '[2,2,3,5]'),
  einsum('ij->ji', ['[2,3]'], '[3,2]'),
  einsum('ijk,k->i', ['[2,3,4]', '[4]'], '[2]'),
  einsum('...ij,...jk->...ik', ['[2,2,3]', '[1,3,4]'], '[2,2,4]'),
  einsum('i,j,k->ijk', ['[2]', '[3]', '[4]'], '[2,3,4]'),
  einsum('ij,jk', ['[2,3]', '[3,4]'], '[2,4]'),
  {
    op: 'ScatterElements',
    graph: 'g (float[3,4] x, int64[2,4] i, float[2,4] u) => (float[3,4] y) { y = ScatterElements(x, i, u) }',
    feeds: { i: [0, 1, 2, 0, 2, 0, 1, 1] },
  },
  {
    op: 'ScatterElements',
    about: 'adding',
    graph:
      'g (float[3,4] x, int64[3,2] i, float[3,2] u) => (float[3,4] y) { y = ScatterElements<axis=-1, reduction="add">(x, i, u) }',
    feeds: { i: [0, 1, 3, 3, 2, 0] },
  },
  {
    op: 'ScatterND',
    graph: 'g (float[4,3] x, int64[2,1] i, float[2,3] u) => (float[4,3] y) { y = ScatterND(x, i, u) }',
    feeds: { i: [3, 1] },
  },
  {
    op: 'TopK',
    graph: 'g (float[3,5] x) => (float[3,2] y) <int64[1] k = {2}> { y, i = TopK(x, k) }',
    spread: true,
  },
  ...['<exclusive=1>', '<reverse=1>'].map((attributes) => ({
    op: 'CumSum',
    about: attributes,
    graph: `g (float[3,4] x) => (float[3,4] y) <int64 axis = {1}> { y = CumSum${attributes}(x, axis) }`,
  })),
  { op: 'Trilu', graph: 'g (float[3,4] x) => (float[3,4] y) <int64 k = {1}> { y = Trilu<upper=0>(x, k) }' },
  {
    op: 'com.microsoft.Trilu',
    graph: `<ir_version: 10, opset_import: ["": 20, "com.microsoft": 1]>
      g (float[3,4] x) => (float[3,4] y) { y = com.microsoft.Trilu(x) }`,
  },
  { op: 'Dropout', graph: 'g (float[3,4] x) => (float[3,4] y) { y = Dropout(x) }' },
];
