/** Samples of reading between pixels, and of columns and winners put back into images. */
import type { GradientSample } from '../check.ts';

/** Places inside and on both sides of the image, away from centres of pixels, where slopes jump. */
function places(space: readonly number[], aligned: number): number[] {
  const sizes = space.toReversed();
  return Array.from({ length: 12 * sizes.length }, (_, at) => {
    const size = sizes[at % sizes.length] as number;
    const pixels = [-1.4, size - 0.7, 0.6, -0.3, size - 1.6];
    const pixel = (pixels[(at * 3 + (at >> 2)) % 5] as number) + at / 997;
    return aligned ? (2 * pixel) / (size - 1) - 1 : (2 * pixel + 1) / size - 1;
  });
}

function grid(
  mode: string,
  padding: string,
  aligned: number,
  more: { axes?: number; domain?: string } = {},
): GradientSample {
  const { axes = 2, domain = '' } = more;
  const op = `${domain}GridSample`;
  const [space, output] = axes === 2 ? ([[4, 5], '2,3'] as const) : ([[3, 4, 5], '1,2,3'] as const);
  const opset = domain
    ? '<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]>'
    : '<ir_version: 9, opset_import: ["": 20]>';
  return {
    op,
    about: `${mode}, ${padding}${aligned ? ', corners aligned' : ''}, ${axes} axes`,
    graph: `${opset} g (float[2,2,${space}] x, float[2,${output},${axes}] p) => (float[2,2,${output}] y) {
      y = ${op}<mode="${mode}", padding_mode="${padding}", align_corners=${aligned}>(x, p) }`,
    feeds: { p: places(space, aligned) },
    ...(mode === 'nearest' ? { fixed: ['p'] } : {}),
  };
}

function columns(about: string, x: string, image: string, block: string, attributes: string): GradientSample {
  const [i, b] = [image.split(','), block.split(',')];
  return {
    op: 'Col2Im',
    about,
    graph: `g (float${x} x) => (float[2,2,${image}] y) <int64[${i.length}] i = {${image}}, int64[${b.length}] b = {${block}}> {
      y = Col2Im${attributes}(x, i, b) }`,
  };
}

function boxes(about: string, attributes: string): GradientSample {
  return {
    op: 'RoiAlign',
    about,
    graph: `g (float[2,2,6,5] x, float[3,4] r, int64[3] i) => (float[3,2,2,2] y) {
      y = RoiAlign<output_height=2, output_width=2, ${attributes}>(x, r, i) }`,
    feeds: { r: [0.38, 0.45, 3.0, 4.72, 1.11, 1.16, 2.87, 2.41, -0.37, 1.32, 5.02, 5.76], i: [1, 0, 1] },
  };
}

export const sampling: readonly GradientSample[] = [
  ...['zeros', 'border', 'reflection'].flatMap((padding) =>
    [0, 1].flatMap((aligned) => [
      grid('linear', padding, aligned),
      grid('nearest', padding, aligned),
      grid('cubic', padding, aligned),
    ]),
  ),
  grid('linear', 'zeros', 0, { axes: 3 }),
  grid('bilinear', 'zeros', 0, { domain: 'com.microsoft.' }),
  columns('side by side', '[2,12,4]', '4,6', '2,3', '<strides=[2,3]>'),
  columns('overlapping, padded', '[2,8,9]', '5,4', '2,2', '<strides=[2,2], pads=[0,1,1,1]>'),
  columns('dilated', '[2,8,12]', '5,6', '2,2', '<dilations=[2,2]>'),
  boxes('two points each way', 'sampling_ratio=2'),
  boxes(
    'another scale and origin',
    'sampling_ratio=1, spatial_scale=0.5, coordinate_transformation_mode="output_half_pixel"',
  ),
  {
    op: 'MaxUnpool',
    graph:
      'g (float[1,2,2,2] x, int64[1,2,2,2] i) => (float[1,2,4,4] y) { y = MaxUnpool<kernel_shape=[2,2], strides=[2,2]>(x, i) }',
    feeds: { i: [5, 7, 13, 10, 16, 19, 24, 31] },
  },
  ...['', '<time_axis=1, batch_axis=0>'].map((attributes) => ({
    op: 'ReverseSequence',
    about: attributes,
    graph: `g (float[3,3,2] x, int64[3] n) => (float[3,3,2] y) { y = ReverseSequence${attributes}(x, n) }`,
    feeds: { n: [2, 3, 1] },
  })),
  {
    op: 'Mod',
    graph: 'g (float[3,4] a, float[4] b) => (float[3,4] y) { y = Mod<fmod=1>(a, b) }',
    feeds: { a: [4.1, -3.2, 2.3, 6.1, -2.5, 2.9, 0.4, 3.9, 7.2, -5.9, 1.6, -2.7], b: [1.7, 1.3, 0.9, -1.1] },
  },
];
