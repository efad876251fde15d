/** Images read at computed places, taken apart. */
import type { Value } from '../../ir/value.ts';
import type { Decomposition, NodeScope } from '../gradient.ts';
import { cubic, inside, linear, nearest, type Outside, read, type Tap } from './taps.ts';

const KERNELS: Readonly<Record<string, (g: NodeScope, place: Value) => Tap[]>> = {
  nearest,
  linear,
  bilinear: linear,
  cubic,
  bicubic: cubic,
};

/**
 * Spatial transformers (Jaderberg et al. 2015, section 3.3): the last axis of the grid has the places, from -1 to 1, those
 * along the last axis of the image first.
 */
export const gridSample: Decomposition = (g) => {
  const { f, node } = g;
  const [x, grid] = [g.input(0), g.input(1)];
  const [batch = 1, channels = 1, ...space] = g.shape(x);
  const output = g.shape(grid).slice(1, -1);
  const places = output.reduce((a, b) => a * b, 1);
  const mode = node.text('mode', 'linear');
  const kernel = KERNELS[mode];
  if (!kernel) throw g.unsupported(`its mode '${mode}' is not covered`);
  const aligned = node.int('align_corners', 0) === 1;
  const axes = space.map((size, axis) => {
    const own = f.reshape(f.slice(grid, output.length + 1, space.length - 1 - axis, space.length - axis), [
      batch,
      places,
    ]);
    // From -1 and 1, which are the centres of the outer pixels or their edges.
    const place = aligned ? f.mul(f.add(own, 1), (size - 1) / 2) : f.sub(f.mul(f.add(own, 1), size / 2), 0.5);
    const outside = outsideOf(g, size, aligned);
    return kernel(g, place).map((tap) => inside(g, tap, size, outside));
  });
  const images = f.reshape(f.vector(Array.from({ length: batch }, (_, at) => at)), [batch, 1]);
  const found = f.reshape(read(g, x, images, axes, [batch, places]), [batch, ...output, channels]);
  return [f.transpose(found, [0, output.length + 1, ...output.map((_, at) => at + 1)])];
};

function outsideOf({ node }: NodeScope, size: number, aligned: boolean): Outside {
  const mode = node.text('padding_mode', 'zeros');
  if (mode !== 'reflection') return mode === 'border' ? 'border' : 'zeros';
  return aligned ? { low: 0, high: size - 1 } : { low: -0.5, high: size - 0.5 };
}

/**
 * Means over points of boxes (He et al. 2017, section 3, RoIAlign). Points up to a pixel outside read the border,
 * others nothing.
 */
export const roiAlign: Decomposition = (g) => {
  const { f, node } = g;
  const [, channels = 1, height = 1, width = 1] = g.shape(g.input(0));
  const [boxes = 1] = g.shape(g.input(1));
  const count = node.int('sampling_ratio', 0);
  if (count <= 0) throw g.unsupported('how many points of a box it reads depends on the data');
  if (node.text('mode', 'avg') !== 'avg') throw g.unsupported('it takes the largest of weighted pixels');
  const [rows, columns] = [node.int('output_height', 1), node.int('output_width', 1)];
  const scaled = f.mul(g.input(1), node.float('spatial_scale', 1));
  const corners = f.split(scaled, 1, [1, 1, 1, 1]) as readonly [Value, Value, Value, Value];
  const half = node.text('coordinate_transformation_mode', 'half_pixel') === 'half_pixel';
  /** Taps and their places in the order of the axis: [boxes, points]. */
  const along = (low: Value, high: Value, size: number, cells: number, dims: readonly number[]): Tap[] => {
    const length = half ? f.sub(high, low) : f.max(f.sub(high, low), 1);
    const shares = Array.from({ length: cells * count }, (_, at) => (at + 0.5) / (cells * count));
    const offset = f.mul(length, f.floats([1, cells * count], Float32Array.from(shares)));
    const place = f.reshape(f.sub(f.add(low, offset), half ? 0.5 : 0), dims);
    const near = f.op('And', [
      f.op('GreaterOrEqual', [place, f.scalar(-1)]),
      f.op('LessOrEqual', [place, f.scalar(size)]),
    ]);
    const there = f.cast(near, 'float32');
    return linear(g, place).map((tap) => {
      const { at, weight } = inside(g, tap, size, 'border');
      return { at, weight: weight ? f.mul(weight, there) : there };
    });
  };
  const [left, top, right, bottom] = corners;
  const dims = [boxes, rows * count, columns * count];
  const axes = [
    along(top, bottom, height, rows, [boxes, rows * count, 1]),
    along(left, right, width, columns, [boxes, 1, columns * count]),
  ];
  const images = f.reshape(g.input(2), [boxes, 1, 1]);
  const points = f.reshape(read(g, g.input(0), images, axes, dims), [
    boxes,
    rows,
    count,
    columns,
    count,
    channels,
  ]);
  return [f.transpose(f.mean(points, [2, 4], false), [0, 3, 1, 2])];
};
