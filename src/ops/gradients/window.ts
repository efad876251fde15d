/** Windows that slide over the trailing axes: what convolutions and poolings share. */
import type { Value } from '../../ir/value.ts';
import type { NodeScope } from '../gradient.ts';

export interface Window {
  /** Axis by axis of space. */
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/**
 * Window of a node with explicit pads, whatever it states.
 * @param input dims of what windows slide over, `output` of how many there are; both without batch and channels
 */
export function windowOf(
  { node }: NodeScope,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): Window {
  const ones = kernel.map(() => 1);
  const strides = node.ints('strides') ?? ones;
  const dilations = node.ints('dilations') ?? ones;
  const pads = node.ints('pads');
  const auto = node.text('auto_pad', 'NOTSET');
  const total = (at: number): number => {
    const reach = ((kernel[at] ?? 1) - 1) * (dilations[at] ?? 1) + 1;
    return Math.max(((output[at] ?? 1) - 1) * (strides[at] ?? 1) + reach - (input[at] ?? 1), 0);
  };
  const same = auto.startsWith('SAME');
  const before = kernel.map((_, at) => {
    if (!same) return pads?.[at] ?? 0;
    return auto === 'SAME_UPPER' ? Math.floor(total(at) / 2) : Math.ceil(total(at) / 2);
  });
  const after = kernel.map((_, at) =>
    same ? total(at) - (before[at] ?? 0) : (pads?.[at + kernel.length] ?? 0),
  );
  return { kernel, strides, dilations, before, after, input, output };
}

/** How far the windows reach beyond the end of the padded input (negative: what they leave over). */
export function excess({ kernel, strides, dilations, before, after, input, output }: Window): number[] {
  return kernel.map((size, at) => {
    const reach = (size - 1) * (dilations[at] ?? 1) + 1;
    const needed = ((output[at] ?? 1) - 1) * (strides[at] ?? 1) + reach;
    return needed - ((input[at] ?? 1) + (before[at] ?? 0) + (after[at] ?? 0));
  });
}

/** Positions inside the kernel, in row-major order. */
export function offsets(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (found, size) => found.flatMap((head) => Array.from({ length: size }, (_, at) => [...head, at])),
    [[]],
  );
}

/** What windows see at each position of the kernel, in the shape of the result. */
export function windows(g: NodeScope, x: Value, window: Window): Value[] {
  const { f } = g;
  const { kernel, strides, dilations, before, after, output } = window;
  const beyond = excess(window).map((one, at) => (after[at] ?? 0) + Math.max(one, 0));
  const padded = f.pad(x, [0, 0, ...before], [0, 0, ...beyond]);
  const axes = f.vector(kernel.map((_, at) => at + 2));
  return offsets(kernel).map((offset) => {
    const starts = offset.map((one, at) => one * (dilations[at] ?? 1));
    const ends = starts.map((one, at) => one + ((output[at] ?? 1) - 1) * (strides[at] ?? 1) + 1);
    return f.op('Slice', [padded, f.vector(starts), f.vector(ends), axes, f.vector(strides)]);
  });
}
