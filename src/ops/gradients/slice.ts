/** Derivatives of cutting and joining: Slice, Pad, Split, Concat. */
import type { Formula } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

/** One axis of a slice, with bounds as they are used. */
interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

function cutsOf(g: GradientScope): Cut[] {
  const dims = g.shape(g.input(0));
  const left = g.shape(g.output());
  const starts = g.constants(1);
  const axes = g.node.input(3) ? g.constants(3) : starts.map((_, at) => at);
  const steps = g.node.input(4) ? g.constants(4) : starts.map(() => 1);
  return axes.map((stated, at) => {
    const axis = stated < 0 ? stated + dims.length : stated;
    const size = dims[axis] ?? 1;
    const step = steps[at] ?? 1;
    const from = starts[at] ?? 0;
    const start = from < 0 ? from + size : from;
    const most = step > 0 ? size : size - 1;
    return { axis, start: Math.min(Math.max(start, 0), most), step, count: left[axis] ?? 0 };
  });
}

/** Zeros around and between what was taken out. */
export const sliced: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    const dims = g.shape(g.input(0));
    const now = [...g.shape(g.output())];
    let found = dy;
    const before = dims.map(() => 0);
    const after = dims.map(() => 0);
    for (const { axis, start, step, count } of cutsOf(g)) {
      const size = dims[axis] ?? 1;
      if (count === 0) return [f.filled(dims)];
      let first = start;
      if (step < 0) {
        found = f.slice(found, axis, -1, -(2 ** 31), -1);
        first = start + step * (count - 1);
      }
      const stride = Math.abs(step);
      if (stride > 1) {
        found = spread(f, found, now, axis, stride);
        now[axis] = (count - 1) * stride + 1;
      }
      before[axis] = first;
      after[axis] = size - first - (now[axis] ?? 1);
    }
    return [f.pad(found, before, after)];
  },
};

/** Puts `stride - 1` zeros between neighbours along an axis. */
function spread(f: Formula, x: Value, dims: readonly number[], axis: number, stride: number): Value {
  const rank = dims.length;
  const count = dims[axis] ?? 1;
  const apart = [...dims.slice(0, axis + 1), 1, ...dims.slice(axis + 1)];
  const zeros = new Array<number>(rank + 1).fill(0);
  const padded = f.pad(
    f.reshape(x, apart),
    zeros,
    zeros.map((zero, at) => (at === axis + 1 ? stride - 1 : zero)),
  );
  const joined = f.reshape(
    padded,
    dims.map((dim, at) => (at === axis ? count * stride : dim)),
  );
  return f.slice(joined, axis, 0, (count - 1) * stride + 1);
}

/** Zeros around are cut off; elements that were reflected or repeated get their copies' gradients as well. */
export const padded: Derivative = {
  rule: (g) => {
    const { node } = g;
    const dy = g.dy();
    if (!dy) return [];
    const dims = g.shape(g.input(0));
    const axes = node.input(3) ? g.constants(3) : dims.map((_, axis) => axis);
    const pads = g.constants(1);
    const mode = node.text('mode', 'constant');
    let found = dy;
    for (const [at, stated] of axes.entries()) {
      const axis = stated < 0 ? stated + dims.length : stated;
      const [before, after] = [pads[at] ?? 0, pads[at + axes.length] ?? 0];
      if (before === 0 && after === 0) continue;
      found = unpad(g, found, { axis, size: dims[axis] ?? 1, before, after, mode });
    }
    return [found];
  },
};

interface Padding {
  readonly axis: number;
  readonly size: number;
  readonly before: number;
  readonly after: number;
  readonly mode: string;
}

function unpad(g: GradientScope, dy: Value, { axis, size, before, after, mode }: Padding): Value {
  const { f } = g;
  if (mode === 'constant') {
    const rank = g.shape(g.input(0)).length;
    const inner = f.slice(dy, axis, Math.max(before, 0), size + before + Math.min(after, 0));
    // Negative pads took elements away, which have no gradient.
    const lost = (one: number) =>
      Array.from({ length: rank }, (_, at) => (at === axis ? Math.max(-one, 0) : 0));
    return f.pad(inner, lost(before), lost(after));
  }
  // The way back of any other mode is a matrix of where each element came from.
  const whole = size + before + after;
  const matrix = new Float32Array(whole * size);
  for (let to = 0; to < whole; to++) matrix[to * size + sourceOf(to - before, size, mode, g)] = 1;
  const rank = g.shape(g.input(0)).length;
  const last = Array.from({ length: rank }, (_, at) =>
    at === axis ? rank - 1 : at === rank - 1 ? axis : at,
  );
  return f.transpose(f.matmul(f.transpose(dy, last), f.floats([whole, size], matrix)), last);
}

function sourceOf(at: number, size: number, mode: string, g: GradientScope): number {
  if (mode === 'edge') return Math.min(Math.max(at, 0), size - 1);
  if (mode === 'wrap') return ((at % size) + size) % size;
  if (mode !== 'reflect') throw g.unsupported(`its mode '${mode}' is not known`);
  const period = Math.max(2 * (size - 1), 1);
  const folded = ((at % period) + period) % period;
  return folded < size ? folded : period - folded;
}

export const joined: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    const rank = g.shape(g.output()).length;
    const stated = node.int('axis', 0);
    const axis = stated < 0 ? stated + rank : stated;
    const sizes = node.inputs.map((_, at) => g.shape(g.input(at))[axis] ?? 1);
    const wanted = node.inputs.filter((_, at) => g.needs(at)).length;
    if (wanted > 1) return f.split(dy, axis, sizes);
    // One part alone needs no split into all.
    let start = 0;
    return sizes.map((size, at) => {
      start += size;
      return g.needs(at) ? f.slice(dy, axis, start - size, start) : null;
    });
  },
};

/** Parts nobody asks about are zeros. */
export const splitUp: Derivative = {
  rule: (g) => {
    const { f, node } = g;
    const rank = g.shape(g.input(0)).length;
    const stated = node.int('axis', 0);
    const parts = node.outputs.map((output, at) => {
      const dy = g.dy(at);
      if (dy) return dy;
      if (!output) throw g.unsupported(`its output ${at} has no name`);
      return f.filled(g.shape(output));
    });
    return [f.concat(parts, stated < 0 ? stated + rank : stated)];
  },
};
