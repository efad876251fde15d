/** Derivative of resampling, which is a product with a matrix along each axis it changes. */
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

/** Modes whose result along one axis does not follow from that axis alone. */
const TIED = new Set(['tf_crop_and_resize']);

/**
 * The matrix of an axis is what the operator itself makes of the identity; the gradient is multiplied with its transpose.
 * onnxruntime computes the matrices once, when it loads the graph.
 */
export const resize: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    if (TIED.has(node.text('coordinate_transformation_mode', 'half_pixel')))
      throw g.unsupported('it crops as well');
    const from = g.shape(g.input(0));
    const to = g.shape(g.output());
    const last = from.length - 1;
    const scales = scalesOf(g, from.length);
    let found = dy;
    for (const [axis, size] of from.entries()) {
      const scale = scales?.[axis] ?? 1;
      if (size === to[axis] && scale === 1) continue;
      const order = from.map((_, at) => (at === axis ? last : at === last ? axis : at));
      const matrix = matrixOf(g, size, to[axis] ?? 1, scales ? scale : null);
      found = f.transpose(f.matmul(f.transpose(found, order), f.transpose(matrix, [1, 0])), order);
    }
    return [found];
  },
};

/** Scales for all axes where the node states scales; null where it states sizes. */
function scalesOf(g: GradientScope, rank: number): readonly number[] | null {
  const { node } = g;
  const tensor = node.constant(2);
  if (!tensor || tensor.size === 0) {
    if (node.input(3)) return null;
    throw g.unsupported('its scales depend on the data');
  }
  const stated = Array.from(tensor.array() as Iterable<number>, Number);
  const axes = node.ints('axes') ?? stated.map((_, at) => at);
  const whole = new Array<number>(rank).fill(1);
  for (const [at, axis] of axes.entries()) whole[axis < 0 ? axis + rank : axis] = stated[at] ?? 1;
  return whole;
}

/** [from, to]: the operator along one axis of the identity. */
function matrixOf(g: GradientScope, from: number, to: number, scale: number | null): Value {
  const { f, node } = g;
  const identity = new Float32Array(from * from);
  for (let at = 0; at < from; at++) identity[at * from + at] = 1;
  const kept = [...node.attributes].filter(
    ([name]) => name !== 'axes' && name !== 'keep_aspect_ratio_policy',
  );
  const input = f.floats([from, from], identity);
  const by =
    scale === null ? [null, null, f.vector([from, to])] : [null, f.floats([2], Float32Array.of(1, scale))];
  return f.op('Resize', [input, ...by], {
    attributes: Object.fromEntries(kept),
  });
}
