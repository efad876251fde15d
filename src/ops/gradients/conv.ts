/** Derivatives of convolutions. */
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';
import { excess, type Window, windowOf, windows } from './window.ts';

/** Y[n (g o) t] = sum over i and k of X[n (g i) t+k] W[(g o) i k], and a bias for each channel. */
export const conv: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const x = g.shape(g.input(0));
    const w = g.shape(g.input(1));
    const window = windowOf(g, w.slice(2), x.slice(2), g.shape(g.output()).slice(2));
    const groups = g.node.int('group', 1);
    return [
      g.needs(0) ? toInput(g, dy, window, groups) : null,
      g.needs(1) ? toWeight(g, g.input(0), dy, { window, groups, x, w }) : null,
      g.needs(2) ? toBias(g, dy) : null,
    ];
  },
};

function attributes({ kernel, strides, dilations, before, after }: Window, group: number) {
  return { kernel_shape: kernel, strides, dilations, pads: [...before, ...after], group };
}

function isPointwise({ kernel, strides, before, after }: Window): boolean {
  return [...kernel, ...strides].every((one) => one === 1) && [...before, ...after].every((one) => one === 0);
}

/**
 * The transposed convolution; what strides left over at the end gets zeros. Without strides it is a convolution with the
 * kernel turned around, for which onnxruntime's kernel takes about half of the time.
 */
function toInput(g: GradientScope, dy: Value, window: Window, groups: number): Value {
  const reach = window.kernel.map((size, at) => (size - 1) * (window.dilations[at] ?? 1));
  const before = reach.map((one, at) => one - (window.before[at] ?? 0));
  const after = reach.map((one, at) => one - (window.after[at] ?? 0));
  if (window.strides.every((one) => one === 1) && [...before, ...after].every((one) => one >= 0))
    return g.f.op('Conv', [dy, turned(g, window, groups)], {
      attributes: attributesOf(attributes({ ...window, before, after }, groups)),
    });
  const padding = excess(window).map((one) => Math.max(-one, 0));
  return g.f.op('ConvTranspose', [dy, g.input(1)], {
    attributes: attributesOf({ ...attributes(window, groups), output_padding: padding }),
  });
}

/** The weight with inputs and outputs of each group exchanged and every kernel axis backwards. */
function turned(g: GradientScope, { kernel }: Window, groups: number): Value {
  const { f } = g;
  const [outputs = 1, within = 1] = g.shape(g.input(1));
  const space = kernel.map((_, at) => at);
  const apart = f.reshape(g.input(1), [groups, outputs / groups, within, ...kernel]);
  const exchanged = f.transpose(apart, [0, 2, 1, ...space.map((axis) => axis + 3)]);
  const whole = f.reshape(exchanged, [groups * within, outputs / groups, ...kernel]);
  const long = space.filter((axis) => (kernel[axis] ?? 1) > 1);
  if (long.length === 0) return whole;
  const ones = long.map(() => -1);
  const ends = f.vector(long.map(() => -(2 ** 31)));
  return f.op('Slice', [whole, f.vector(ones), ends, f.vector(long.map((axis) => axis + 2)), f.vector(ones)]);
}

interface WeightShapes {
  readonly window: Window;
  readonly groups: number;
  readonly x: readonly number[];
  readonly w: readonly number[];
}

/** dW[(g o) i k] = sum over n and t of dY[n (g o) t] X[n (g i) t+k]. */
function toWeight(g: GradientScope, x: Value, dy: Value, shapes: WeightShapes): Value {
  return shapes.groups === 1 ? byColumns(g, x, dy, shapes) : byConvolution(g, x, dy, shapes);
}

/** One product for each row of the batch, of the gradient and of what each window saw. */
function byColumns(g: GradientScope, x: Value, dy: Value, { window, x: dims, w }: WeightShapes): Value {
  const { f } = g;
  const [rows = 1, channels = 1] = dims;
  const [outputs = 1] = w;
  const places = window.output.reduce((a, b) => a * b, 1);
  const up = f.reshape(dy, [rows, outputs, places]);
  const seen = isPointwise(window) ? x : columns(g, x, channels, window);
  const flat = f.reshape(seen, [rows, -1, places]);
  return f.reshape(f.sum(f.matmul(up, f.transpose(flat, [0, 2, 1])), [0], false), w);
}

/** Kernels with more positions are slid over by slices: the way by convolutions multiplies with each position. */
const MOST_ONE_HOT = 32;

/**
 * What windows see, [rows, channels * positions of the kernel, ...output]: a convolution of each channel with kernels that
 * are one at a position of their own. onnxruntime does it on all threads and takes half to a fifth of the time of slices.
 */
function columns(g: GradientScope, x: Value, channels: number, window: Window): Value {
  const { f } = g;
  const { kernel, output } = window;
  const size = kernel.reduce((a, b) => a * b, 1);
  if (size > MOST_ONE_HOT) {
    const [rows = 1] = g.shape(x);
    const seen = windows(g, x, window).map((one) => f.reshape(one, [rows, channels, 1, ...output]));
    return f.concat(seen, 2);
  }
  const after = excess(window).map((one, at) => (window.after[at] ?? 0) + Math.max(one, 0));
  const ones = Float32Array.from({ length: channels * size * size }, (_, at) =>
    Number(Math.floor(at / size) % size === at % size),
  );
  const weight = f.floats([channels * size, 1, ...kernel], ones);
  return f.op('Conv', [x, weight], { attributes: attributesOf(attributes({ ...window, after }, channels)) });
}

/**
 * A convolution of the rows with the gradient as weight: batch and channels change places, strides and dilations too,
 * and each group of channels has the rows of the batch as its channels.
 */
function byConvolution(
  g: GradientScope,
  x: Value,
  dy: Value,
  { window, groups, x: dims, w }: WeightShapes,
): Value {
  const { f } = g;
  const [rows = 1, channels = 1, ...space] = dims;
  const [outputs = 1] = w;
  const within = channels / groups;
  const apart = f.reshape(x, [rows, groups, within, ...space]);
  const spatial = space.map((_, at) => at + 3);
  const data = f.reshape(f.transpose(apart, [2, 1, 0, ...spatial]), [within, groups * rows, ...space]);
  const weight = f.transpose(dy, [1, 0, ...spatial.map((axis) => axis - 1)]);
  const found = f.op('Conv', [data, weight], {
    attributes: attributesOf({
      kernel_shape: window.output,
      strides: window.dilations,
      dilations: window.strides,
      pads: [...window.before, ...window.after],
      group: groups,
    }),
  });
  // Windows that would begin where strides left something over are no positions of the kernel.
  const cut = window.kernel.reduce((value, size, at) => f.slice(value, at + 2, 0, size), found);
  return f.reshape(f.transpose(cut, [1, 0, ...window.kernel.map((_, at) => at + 2)]), [
    outputs,
    within,
    ...window.kernel,
  ]);
}

function toBias(g: GradientScope, dy: Value): Value {
  const axes = g.shape(g.output()).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return g.f.sum(dy, axes, false);
}

/** X and Y have changed places against a convolution, which is therefore the gradient of its input. */
export const convTranspose: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f } = g;
    const x = g.shape(g.input(0));
    const w = g.shape(g.input(1));
    const window = transposedWindow(g, w.slice(2), x.slice(2), g.shape(g.output()).slice(2));
    const groups = g.node.int('group', 1);
    const back = () =>
      f.op('Conv', [dy, g.input(1)], { attributes: attributesOf(attributes(window, groups)) });
    return [
      g.needs(0) ? back() : null,
      g.needs(1) ? toWeight(g, dy, g.input(0), { window, groups, x: g.shape(g.output()), w }) : null,
      g.needs(2) ? toBias(g, dy) : null,
    ];
  },
};

/** The window of the convolution that goes the other way: its input is the node's output. */
function transposedWindow(
  g: GradientScope,
  kernel: readonly number[],
  small: readonly number[],
  large: readonly number[],
): Window {
  const stated = windowOf(g, kernel, large, small);
  const { node } = g;
  const auto = node.text('auto_pad', 'NOTSET');
  const extra = node.ints('output_padding') ?? kernel.map(() => 0);
  const sized = node.ints('output_shape') !== null || auto.startsWith('SAME');
  if (!sized) return stated;
  const total = kernel.map(
    (size, at) =>
      (stated.strides[at] ?? 1) * ((small[at] ?? 1) - 1) +
      (extra[at] ?? 0) +
      (size - 1) * (stated.dilations[at] ?? 1) +
      1 -
      (large[at] ?? 1),
  );
  const half = (one: number) => (auto === 'SAME_UPPER' ? Math.floor(one / 2) : one - Math.floor(one / 2));
  const before = total.map(half);
  return { ...stated, before, after: total.map((one, at) => one - (before[at] ?? 0)) };
}
