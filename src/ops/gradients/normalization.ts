/** Derivatives of normalizations, in closed form: statistics are not differentiated step by step. */
import type { Value } from '../../ir/value.ts';
import type { Decomposition, Derivative, GradientScope, NodeScope } from '../gradient.ts';

/** All axes but the channels, and the dims of one number for each channel. */
function perChannel(dims: readonly number[]): { axes: number[]; own: number[]; count: number } {
  const axes = dims.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return {
    axes,
    own: dims.map((dim, axis) => (axis === 1 ? dim : 1)),
    count: axes.reduce((product, axis) => product * (dims[axis] ?? 1), 1),
  };
}

/**
 * Batch normalization (Ioffe and Szegedy 2015, section 3): with the statistics of the batch where the node trains, with
 * the running ones, which are constants, otherwise.
 */
export const batchNormalization: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    const x = g.input(0);
    const dims = g.shape(x);
    const { axes, own, count } = perChannel(dims);
    const channels = own[1] ?? 1;
    const wide = (value: Value) => f.reshape(value, own);
    const training = node.int('training_mode', 0) === 1;
    const epsilon = node.float('epsilon', 1e-5);
    const mean = training ? f.mean(x, axes) : wide(g.input(3));
    const centred = f.sub(x, mean);
    const variance = training ? f.mean(f.square(centred), axes) : wide(g.input(4));
    const inverse = f.reciprocal(f.sqrt(f.add(variance, epsilon)));
    const normal = f.mul(centred, inverse);
    const dScale = f.sum(f.mul(dy, normal), axes);
    const dShift = f.sum(dy, axes);
    const factor = f.mul(wide(g.input(1)), inverse);
    const dx = (): Value => {
      if (!training) return f.mul(dy, factor);
      const common = f.add(f.mul(normal, f.div(dScale, count)), f.div(dShift, count));
      return f.mul(f.sub(dy, common), factor);
    };
    return [g.needs(0) ? dx() : null, f.reshape(dScale, [channels]), f.reshape(dShift, [channels])];
  },
};

/** The statistics a node hands out itself, where it can: they need not be taken again. */
function statistics(g: GradientScope, names: readonly string[], dims: readonly number[]): Value[] {
  return names.map((name, at) => {
    const known = g.node.output(1 + at);
    if (known) return known;
    const made = g.f.graph.value(`${g.output().name}_${name}`);
    made.type = { dtype: 'float32', shape: dims };
    g.node.setOutput(1 + at, made);
    return made;
  });
}

/** Axes from `axis` on, and dims with these as one. */
function trailing(g: NodeScope, x: Value): { axes: number[]; own: number[]; count: number } {
  const dims = g.shape(x);
  const stated = g.node.int('axis', -1);
  const from = stated < 0 ? stated + dims.length : stated;
  const axes = dims.flatMap((_, axis) => (axis >= from ? [axis] : []));
  const count = axes.reduce((product, axis) => product * (dims[axis] ?? 1), 1);
  return { axes, own: dims.map((dim, axis) => (axis >= from ? 1 : dim)), count };
}

/** Layer normalization (Ba, Kiros and Hinton 2016, equation 4). */
export const layerNormalization: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f } = g;
    const x = g.input(0);
    const { axes, own } = trailing(g, x);
    const [mean, inverse] = statistics(g, ['mean', 'inverse'], own) as [Value, Value];
    const normal = f.mul(f.sub(x, mean), inverse);
    const slope = f.mul(dy, g.input(1));
    const dx = (): Value => {
      const along = f.mul(normal, f.mean(f.mul(slope, normal), axes));
      return f.mul(f.sub(f.sub(slope, f.mean(slope, axes)), along), inverse);
    };
    return [
      g.needs(0) ? dx() : null,
      g.needs(1) ? g.unbroadcast(f.mul(dy, normal), 1) : null,
      g.needs(2) ? g.unbroadcast(dy, 2) : null,
    ];
  },
};

/** Division by the root mean square (Zhang and Sennrich 2019, equation 4). */
export const rootMeanSquare: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    const x = g.input(0);
    const { axes } = trailing(g, x);
    const square = f.mean(f.square(x), axes);
    const inverse = f.reciprocal(f.sqrt(f.add(square, node.float('epsilon', 1e-5))));
    const normal = f.mul(x, inverse);
    const slope = f.mul(dy, g.input(1));
    const dx = (): Value => {
      const along = f.mul(normal, f.mean(f.mul(slope, normal), axes));
      return f.mul(f.sub(slope, along), inverse);
    };
    return [g.needs(0) ? dx() : null, g.needs(1) ? g.unbroadcast(f.mul(dy, normal), 1) : null];
  },
};

/** Normalizes over some axes, then scales and shifts by channel. */
function normalized({ f }: NodeScope, x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = f.sub(x, f.mean(x, axes));
  const variance = f.mean(f.square(centred), axes);
  return f.mul(centred, f.reciprocal(f.sqrt(f.add(variance, epsilon))));
}

/** Each channel of each row by itself (Ulyanov et al. 2016). */
export const instanceNormalization: Decomposition = (g) => {
  const { f, node } = g;
  const dims = g.shape(g.input(0));
  const own = dims.map((dim, axis) => (axis === 1 ? dim : 1));
  const axes = dims.flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const normal = normalized(g, g.input(0), axes, node.float('epsilon', 1e-5));
  return [f.add(f.mul(normal, f.reshape(g.input(1), own)), f.reshape(g.input(2), own))];
};

/** Groups of channels of each row (Wu and He 2018); one scale for each channel, as from opset 21 on. */
export const groupNormalization: Decomposition = (g) => {
  const { f, node } = g;
  const dims = g.shape(g.input(0));
  const [rows = 1, channels = 1, ...space] = dims;
  const groups = node.int('num_groups', 1);
  const apart = [rows, groups, channels / groups, ...space];
  const axes = apart.flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const normal = normalized(g, f.reshape(g.input(0), apart), axes, node.float('epsilon', 1e-5));
  const own = dims.map((dim, axis) => (axis === 1 ? dim : 1));
  const [scale, shift] = [g.input(1), g.input(2)];
  if (g.shape(scale)[0] !== channels) throw g.unsupported('it has one scale for each group');
  return [f.add(f.mul(f.reshape(normal, dims), f.reshape(scale, own)), f.reshape(shift, own))];
};

/** x / |x|, by the sum of magnitudes or the root of the sum of squares. */
export const lpNormalization: Decomposition = (g) => {
  const { f, node } = g;
  const x = g.input(0);
  const rank = g.shape(x).length;
  const stated = node.int('axis', -1);
  const axes = [stated < 0 ? stated + rank : stated];
  const norm = node.int('p', 2) === 1 ? f.sum(f.abs(x), axes) : f.sqrt(f.sum(f.square(x), axes));
  return [f.div(x, f.where(f.greater(norm, 0), norm, 1))];
};

/** A sum with a layer normalization behind it. */
export const skipLayerNormalization: Decomposition = (g) => skipped(g, true);
export const skipSimplified: Decomposition = (g) => skipped(g, false);

function skipped(g: NodeScope, centred: boolean): readonly (Value | null)[] {
  const { f, node } = g;
  const [scale, shift, bias] = centred
    ? [g.input(2), node.input(3), node.input(4)]
    : [g.input(2), null, node.input(3)];
  const plain = f.add(g.input(0), g.input(1));
  const sum = bias ? f.add(plain, bias) : plain;
  const epsilon = { kind: 'float', value: node.float('epsilon', 1e-5) } as const;
  const result = centred
    ? f.op('LayerNormalization', shift ? [sum, scale, shift] : [sum, scale], { attributes: { epsilon } })
    : f.op('SimplifiedLayerNormalization', [sum, scale], { attributes: { epsilon } });
  return [result, null, null, sum];
}
