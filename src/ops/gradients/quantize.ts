/** Straight through rounding: quantized values in training, and their scales where these are trained. */
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
 * in it already. That of a scale is its number of steps from the zero point.
 */
export const dequantize: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy || !g.needs(1)) return [dy];
    const steps = g.f.div(g.output(), spread(g, g.input(1)));
    return [dy, gathered(g, g.f.mul(dy, steps))];
  },
};

/**
 * Rounding is taken for the identity; what was cut off at the ends of the range has no gradient (Bengio et al. 2013,
 * straight-through estimator; Jacob et al. 2018, section 3). A scale gets -x / scale of what is inside: with the steps
 * that reading the codes adds, that is the gradient of a learned step size (Esser et al. 2020, equation 3).
 */
export const quantize: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy || !(g.needs(0) || g.needs(1))) return [];
    requireOneScale(g);
    const { f } = g;
    const x = g.input(0);
    const [low, high] = bounds(g);
    const inside = f.op('And', [f.op('GreaterOrEqual', [x, low]), f.op('LessOrEqual', [x, high])]);
    const through = f.mul(dy, f.cast(inside, 'float32'));
    if (!g.needs(1)) return [through];
    const places = f.div(x, spread(g, g.input(1)));
    return [through, f.neg(gathered(g, f.mul(through, places)))];
  },
};

/** Codes are read back with the scale they were written with, or their gradient would lack a factor. */
function requireOneScale(g: GradientScope): void {
  for (const { node } of g.output().uses)
    if (node.input(1) !== g.node.input(1)) throw g.unsupported('its codes are read with another scale');
}

/** The numbers between which nothing is cut off, in a shape that fits the input; scales may be negative. */
function bounds(g: NodeScope): [Value, Value] {
  const { f, node } = g;
  const codes = CODES[g.dtype(g.output())];
  if (!codes) throw g.unsupported(`codes of the type ${g.dtype(g.output())} are not covered`);
  const zero = node.input(2);
  const point = zero && f.cast(zero, 'float32');
  const [first, last] = codes.map((code) => f.mul(point ? f.sub(code, point) : code, g.input(1))) as [
    Value,
    Value,
  ];
  return [spread(g, f.min(first, last)), spread(g, f.max(first, last))];
}

/** How scales lie beside elements: along which axis, and how many elements share one there; null for one for all. */
function layout(g: NodeScope): { readonly axis: number; readonly block: number } | null {
  const dims = g.shape(g.input(0));
  const own = g.shape(g.input(1));
  if (own.length === 0 || (own.length === 1 && own[0] === 1)) return null;
  const stated = g.node.int('axis', 1);
  const axis = stated < 0 ? stated + dims.length : stated;
  return { axis, block: own.length === 1 ? 1 : g.node.int('block_size', 0) };
}

/** A scale for each channel or block, next to the elements it is for. */
function spread(g: NodeScope, value: Value): Value {
  const { f } = g;
  const lies = layout(g);
  if (!lies) return value;
  const dims = g.shape(g.input(0));
  const own = g.shape(g.input(1));
  const { axis, block } = lies;
  if (own.length === 1)
    return f.reshape(
      value,
      dims.map((dim, at) => (at === axis ? dim : 1)),
    );
  const blocks = own[axis] ?? 1;
  const apart = [...own.slice(0, axis + 1), 1, ...own.slice(axis + 1)];
  const repeated = [...own.slice(0, axis + 1), block, ...own.slice(axis + 1)];
  const joined = f.reshape(
    f.expand(f.reshape(value, apart), repeated),
    own.map((dim, at) => (at === axis ? blocks * block : dim)),
  );
  return f.slice(joined, axis, 0, dims[axis] ?? 1);
}

/** The other way: sums of what lies next to each scale, in the shape of the scales. */
function gathered(g: NodeScope, value: Value): Value {
  const { f } = g;
  const lies = layout(g);
  const dims = g.shape(g.input(0));
  const own = g.shape(g.input(1));
  if (!lies) return f.reshape(f.sum(value), own);
  const { axis, block } = lies;
  if (own.length === 1) {
    const others = dims.flatMap((_, at) => (at === axis ? [] : [at]));
    return f.reshape(f.sum(value, others), own);
  }
  const blocks = own[axis] ?? 1;
  const none = dims.map(() => 0);
  const missing = dims.map((dim, at) => (at === axis ? blocks * block - dim : 0));
  const apart = [...own.slice(0, axis + 1), block, ...own.slice(axis + 1)];
  return f.sum(f.reshape(f.pad(value, none, missing), apart), [axis + 1], false);
}
