/** Reading images between their pixels: weighted sums of the pixels around, axis by axis. */
import type { Value } from '../../ir/value.ts';
import type { NodeScope } from '../gradient.ts';

/** A pixel along one axis, by its whole number as a float, and what it counts for; null for one. */
export interface Tap {
  readonly at: Value;
  readonly weight: Value | null;
}

/** What lies outside of the image: nothing, its last pixel, or the image mirrored at the places `low` and `high`. */
export type Outside = 'zeros' | 'border' | { readonly low: number; readonly high: number };

/** The nearest pixel; halves go to the even one. */
export function nearest({ f }: NodeScope, place: Value): Tap[] {
  return [{ at: f.op('Round', [place]), weight: null }];
}

/** The pixels before and behind, by how close they are. */
export function linear({ f }: NodeScope, place: Value): Tap[] {
  const at = f.op('Floor', [place]);
  const past = f.sub(place, at);
  return [
    { at, weight: f.sub(1, past) },
    { at: f.add(at, 1), weight: past },
  ];
}

/** Two pixels on each side by the cubic kernel with the slope -0.75 (Keys 1981, equation 4). */
export function cubic({ f }: NodeScope, place: Value): Tap[] {
  const a = -0.75;
  const at = f.op('Floor', [place]);
  const past = f.sub(place, at);
  const left = f.sub(1, past);
  /** ((x + p) x + q) x + r, times the scale */
  const polynomial = (x: Value, [p, q, r]: readonly [number, number, number], scale: number): Value =>
    f.mul(f.add(f.mul(f.add(f.mul(f.add(x, p), x), q), x), r), scale);
  const near = (x: Value): Value => polynomial(x, [-(a + 3) / (a + 2), 0, 1 / (a + 2)], a + 2);
  const far = (x: Value): Value => polynomial(f.add(x, 1), [-5, 8, -4], a);
  return [
    { at: f.sub(at, 1), weight: far(past) },
    { at, weight: near(past) },
    { at: f.add(at, 1), weight: near(left) },
    { at: f.add(at, 2), weight: far(left) },
  ];
}

/** Taps inside an axis of `size` pixels: those outside count for nothing, or are other ones. */
export function inside({ f }: NodeScope, { at, weight }: Tap, size: number, outside: Outside): Tap {
  const clip = (x: Value): Value => f.op('Clip', [x, f.scalar(0), f.scalar(size - 1)]);
  if (outside === 'border') return { at: clip(at), weight };
  if (outside === 'zeros') {
    const clipped = clip(at);
    const there = f.cast(f.equal(clipped, at), 'float32');
    return { at: clipped, weight: weight ? f.mul(weight, there) : there };
  }
  const { low, high } = outside;
  const span = high - low;
  if (span === 0) return { at: clip(at), weight };
  const distance = f.abs(f.sub(at, low));
  const turns = f.op('Floor', [f.div(distance, span)]);
  const rest = f.sub(distance, f.mul(turns, span));
  const odd = f.sub(turns, f.mul(f.op('Floor', [f.mul(turns, 0.5)]), 2));
  const mirrored = f.add(rest, f.mul(odd, f.sub(span, f.mul(rest, 2))));
  return { at: clip(f.add(mirrored, low)), weight };
}

/**
 * Sums over all combinations of taps.
 * @param x [batch, channels, ...space]
 * @param image int64: which image each place reads, broadcast to `dims` as positions and weights of taps are
 * @param axes taps of each axis of space
 * @returns [places, channels]
 */
export function read(
  g: NodeScope,
  x: Value,
  image: Value,
  axes: readonly (readonly Tap[])[],
  dims: readonly number[],
): Value {
  const { f } = g;
  const [batch = 1, channels = 1, ...space] = g.shape(x);
  const order = space.map((_, at) => at + 2);
  const pixels = space.reduce((a, b) => a * b, 1);
  const rows = f.reshape(f.transpose(x, [0, ...order, 1]), [batch * pixels, channels]);
  const places = dims.reduce((a, b) => a * b, 1);
  let combinations: { at: Value; weight: Value | null }[] = [{ at: image, weight: null }];
  for (const [axis, taps] of axes.entries()) {
    const size = f.vector([space[axis] ?? 1]);
    combinations = combinations.flatMap((one) =>
      taps.map((tap) => ({
        at: f.add(f.mul(one.at, size), f.cast(tap.at, 'int64')),
        weight: one.weight && tap.weight ? f.mul(one.weight, tap.weight) : (one.weight ?? tap.weight),
      })),
    );
  }
  const parts = combinations.map(({ at, weight }) => {
    const found = f.op('Gather', [rows, f.reshape(f.expand(at, dims), [places])]);
    return weight ? f.mul(found, f.reshape(f.expand(weight, dims), [places, 1])) : found;
  });
  return parts.reduce((sum, part) => f.add(sum, part));
}
