/** Straight through rounding: quantized values in training. */
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope, NodeScope } from '../gradient.ts';

/** Least and largest code of a type of so many bits. */
const CODES: Readonly<Record<string, readonly [number, number]>> = {
  int2: [-2, 1],
  uint2: [0, 3],
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/**
 * The gradient of a whole number is that of the float it stands for: whatever it is multiplied with later, its scale is
 * in it already.
 */
export const dequantize: Derivative = { rule: (g) => [g.dy()] };

/**
 * Rounding is taken for the identity; what was cut off at the ends of the range has no gradient (Bengio et al. 2013,
 * straight-through estimator; Jacob et al. 2018, section 3).
 */
export const quantize: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy || !g.needs(0)) return [];
    requireOneScale(g);
    const { f } = g;
    const x = g.input(0);
    const [low, high] = bounds(g);
    const inside = f.op('And', [f.op('GreaterOrEqual', [x, low]), f.op('LessOrEqual', [x, high])]);
    return [f.mul(dy, f.cast(inside, 'float32'))];
  },
};

/** Codes are read back with the scale they were written with, or their gradient would lack a factor. */
function requireOneScale(g: GradientScope): void {
  for (const { node } of g.output().uses)
    if (node.input(1) !== g.node.input(1)) throw g.unsupported('its codes are read with another scale');
}

/** The numbers that the least and the largest code stand for, in a shape that fits the input. */
function bounds(g: NodeScope): [Value, Value] {
  const { f, node } = g;
  const codes = CODES[g.dtype(g.output())];
  if (!codes) throw g.unsupported(`codes of the type ${g.dtype(g.output())} are not covered`);
  const scale = spread(g, g.input(1));
  const zero = node.input(2);
  const point = zero ? spread(g, f.cast(zero, 'float32')) : null;
  const at = (code: number): Value => f.mul(point ? f.sub(code, point) : f.scalar(code), scale);
  return [at(codes[0]), at(codes[1])];
}

/** A scale for each channel or block, next to the elements it is for. */
function spread(g: NodeScope, value: Value): Value {
  const { f, node } = g;
  const dims = g.shape(g.input(0));
  const own = g.shape(g.input(1));
  if (own.length === 0 || (own.length === 1 && own[0] === 1)) return value;
  const stated = node.int('axis', 1);
  const axis = stated < 0 ? stated + dims.length : stated;
  if (own.length === 1)
    return f.reshape(
      value,
      dims.map((dim, at) => (at === axis ? dim : 1)),
    );
  const block = node.int('block_size', 0);
  const blocks = own[axis] ?? 1;
  const apart = [...own.slice(0, axis + 1), 1, ...own.slice(axis + 1)];
  const repeated = [...own.slice(0, axis + 1), block, ...own.slice(axis + 1)];
  const joined = f.reshape(
    f.expand(f.reshape(value, apart), repeated),
    own.map((dim, at) => (at === axis ? blocks * block : dim)),
  );
  return f.slice(joined, axis, 0, dims[axis] ?? 1);
}
