/** Derivatives of pooling. */
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';
import { excess, type Window, windowOf } from './window.ts';

function poolWindow(g: GradientScope): Window {
  const kernel = g.node.ints('kernel_shape') ?? [];
  return windowOf(g, kernel, g.shape(g.input(0)).slice(2), g.shape(g.output()).slice(2));
}

/** Windows side by side that cover everything once. */
function tiles({ kernel, strides, dilations, before, after, input, output }: Window): boolean {
  return kernel.every(
    (size, at) =>
      size === strides[at] &&
      dilations[at] === 1 &&
      before[at] === 0 &&
      after[at] === 0 &&
      size * (output[at] ?? 0) === input[at],
  );
}

/** Each value of a window-shaped tensor at all places of its window. */
function spread({ f }: GradientScope, y: Value, dims: readonly number[], { kernel, output }: Window): Value {
  const head = dims.slice(0, 2);
  const apart = [...head, ...output.flatMap((size) => [size, 1])];
  const whole = [...head, ...output.flatMap((size, at) => [size, kernel[at] ?? 1])];
  return f.reshape(f.expand(f.reshape(y, apart), whole), dims);
}

/** The gradient goes to the place of the largest, the first one where several are, which the operator tells. */
export const maxPool: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    if (node.int('storage_order', 0) !== 0) throw g.unsupported('column-major indices are not covered');
    const dims = g.shape(g.input(0));
    const count = dims.reduce((a, b) => a * b, 1);
    let indices = node.output(1);
    if (!indices) {
      indices = f.graph.value(`${g.output().name}_indices`);
      indices.type = { dtype: 'int64', shape: g.shape(g.output()) };
      node.setOutput(1, indices);
    }
    // Windows that share no element never write to the same place.
    const { kernel, strides } = poolWindow(g);
    const reduction = kernel.every((size, at) => size <= (strides[at] ?? 1)) ? 'none' : 'add';
    const flat = (value: Value) => f.reshape(value, [-1]);
    const scattered = f.op('ScatterElements', [f.filled([count]), flat(indices), flat(dy)], {
      attributes: attributesOf({ reduction }),
    });
    return [f.reshape(scattered, dims)];
  },
};

export const averagePool: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f } = g;
    const dims = g.shape(g.input(0));
    const window = poolWindow(g);
    const { kernel, strides, dilations, before, after } = window;
    const size = kernel.reduce((a, b) => a * b, 1);
    if (tiles(window)) return [spread(g, f.div(dy, size), dims, window)];
    const channels = dims[1] ?? 1;
    const share = f.div(dy, f.floats([1, 1, ...window.output], counts(g, window)));
    const ones = f.floats([channels, 1, ...kernel], new Float32Array(channels * size).fill(1));
    // Windows that reach over the end of the input find nothing there.
    const over = excess(window);
    const made = f.op('ConvTranspose', [share, ones], {
      attributes: attributesOf({
        kernel_shape: kernel,
        strides,
        dilations,
        pads: [...before, ...after.map((one, at) => one + Math.max(over[at] ?? 0, 0))],
        output_padding: over.map((one) => Math.max(-one, 0)),
        group: channels,
      }),
    });
    return [made];
  },
};

/** How many elements each window takes the mean of. */
function counts({ node }: GradientScope, window: Window): Float32Array {
  const padded = node.int('count_include_pad', 0) === 1;
  const along = window.kernel.map((size, at) => {
    const [before, after] = [window.before[at] ?? 0, window.after[at] ?? 0];
    const [low, high] = padded ? [-before, (window.input[at] ?? 1) + after] : [0, window.input[at] ?? 1];
    return Array.from({ length: window.output[at] ?? 1 }, (_, place) => {
      const start = place * (window.strides[at] ?? 1) - before;
      const seen = Array.from({ length: size }, (_, k) => start + k * (window.dilations[at] ?? 1));
      return seen.filter((position) => position >= low && position < high).length;
    });
  });
  const products = along.reduce<number[]>(
    (all, axis) => all.flatMap((one) => axis.map((own) => one * own)),
    [1],
  );
  return Float32Array.from(products);
}

/** All places of a channel get the same. */
export const globalAveragePool: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const dims = g.shape(g.input(0));
    const count = dims.slice(2).reduce((a, b) => a * b, 1);
    return [g.f.expand(g.f.div(dy, count), dims)];
  },
};

export const globalMaxPool: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    const axes = g.shape(g.input(0)).flatMap((_, axis) => (axis > 1 ? [axis] : []));
    const won = f.cast(f.equal(g.input(0), g.output()), 'float32');
    return [f.mul(won, f.div(dy, f.sum(won, axes)))];
  },
};
