/** Normalizations without parameters, taken apart. */
import { attributesOf } from '../../ir/formula.ts';
import type { Decomposition } from '../gradient.ts';

/**
 * Local response normalization (Krizhevsky et al. 2012, section 3.3): divided by a power of what the channels beside it
 * hold, whose mean of squares, zeros past the ends included, is a pooling over the axis of channels.
 */
export const localResponse: Decomposition = (g) => {
  const { f, node } = g;
  const x = g.input(0);
  const dims = g.shape(x);
  const [rows = 1, channels = 1, ...space] = dims;
  const places = space.reduce((a, b) => a * b, 1);
  const size = node.int('size', 1);
  const before = Math.floor((size - 1) / 2);
  const mean = f.op('AveragePool', [f.reshape(f.square(x), [rows, 1, channels, places])], {
    attributes: attributesOf({
      kernel_shape: [size, 1],
      pads: [before, 0, size - 1 - before, 0],
      count_include_pad: 1,
    }),
  });
  const total = f.add(f.mul(f.reshape(mean, dims), node.float('alpha', 1e-4)), node.float('bias', 1));
  return [f.mul(x, f.pow(total, -node.float('beta', 0.75)))];
};

/** (x - mean) / (deviation + 1e-9) over some axes, those of batch and space by default. */
export const meanVariance: Decomposition = (g) => {
  const { f, node } = g;
  const x = g.input(0);
  const rank = g.shape(x).length;
  const axes = (node.ints('axes') ?? [0, 2, 3]).map((axis) => (axis < 0 ? axis + rank : axis));
  const centred = f.sub(x, f.mean(x, axes));
  const deviation = f.sqrt(f.mean(f.square(centred), axes));
  return [f.div(centred, f.add(deviation, 1e-9))];
};
