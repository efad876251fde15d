/** Derivatives of operators that move elements: the way back. */
import type { Derivative } from '../gradient.ts';

/** The same elements in the same order under other dims: Reshape, Flatten, Squeeze, Unsqueeze. */
export const redimension: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    return [dy && g.f.reshape(dy, g.shape(g.input(0)))];
  },
};

export const transposed: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const rank = g.shape(g.input(0)).length;
    const perm = g.node.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
    const back = new Array<number>(rank);
    for (const [to, from] of perm.entries()) back[from] = to;
    return [g.f.transpose(dy, back)];
  },
};

/** What was repeated is summed. */
export const expanded: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    return [dy && g.unbroadcast(dy, 0)];
  },
};

/** Copies side by side: an axis for the copies is summed. */
export const tiled: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const dims = g.shape(g.input(0));
    const whole = g.shape(g.output());
    const apart = dims.flatMap((dim, axis) => [dim === 0 ? 0 : (whole[axis] ?? 1) / dim, dim]);
    const copies = dims.flatMap((dim, axis) => (dim === whole[axis] ? [] : [2 * axis]));
    const summed = g.f.sum(g.f.reshape(dy, apart), copies);
    return [g.f.reshape(summed, dims)];
  },
};

/** Blocks of pixels become channels, and back. */
export const depthToSpace: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    const [n = 1, c = 1, h = 1, w = 1] = g.shape(g.input(0));
    const b = node.int('blocksize', 1);
    const d = c / (b * b);
    const apart = f.reshape(dy, [n, d, h, b, w, b]);
    const order = node.text('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
    return [f.reshape(f.transpose(apart, order), [n, c, h, w])];
  },
};

export const spaceToDepth: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    const [n = 1, c = 1, h = 1, w = 1] = g.shape(g.input(0));
    const b = node.int('blocksize', 1);
    const apart = f.reshape(dy, [n, b, b, c, h / b, w / b]);
    return [f.reshape(f.transpose(apart, [0, 3, 4, 1, 5, 2]), [n, c, h, w])];
  },
};

/** The beginning of each row backwards: turned around again. */
export const reversed: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const attributes = Object.fromEntries(g.node.attributes);
    return [g.f.op('ReverseSequence', [dy, g.input(1)], { attributes })];
  },
};
