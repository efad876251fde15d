/** Puts names beside dots so that they cover nothing they need not cover. */
import { label, widthOfText } from './figure.ts';
import type { Markup } from './markup.ts';

export interface Span {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A dot with its name; null leaves it without one. */
export interface NamedDot extends Span {
  readonly name: string | null;
}

const LINE = 15;

/** Where the name of each dot goes, null for those without; within `bounds` (left and right end). */
export function placesOf(dots: readonly NamedDot[], bounds: readonly [number, number]): (Span | null)[] {
  const names: Span[] = [];
  return dots.map((own) => {
    if (own.name === null) return null;
    const places = around(own, widthOfText(own.name), bounds).filter(
      ({ left, right }) => left >= bounds[0] && right <= bounds[1],
    );
    const free = (among: readonly Span[]) =>
      places.find((place) => !among.some((other) => other !== own && overlap(place, other)));
    // A name across a dot can still be read; two names across each other cannot.
    const place = free([...dots, ...names]) ?? free(names) ?? places[0] ?? own;
    names.push(place);
    return place;
  });
}

export function placeNames(dots: readonly NamedDot[], bounds: readonly [number, number]): Markup[] {
  const places = placesOf(dots, bounds);
  return dots.flatMap((own, index) => {
    const place = places[index];
    if (!place || own.name === null) return [];
    const before = place.right <= own.left;
    const x = before ? place.right : place.left;
    return [label(x, place.bottom - 4, own.name, { anchor: before ? 'end' : 'start', kind: 'strong halo' })];
  });
}

/** Places for a name: right, left, below and above its dot, then a line higher or lower. */
function around({ left, right, top, bottom }: Span, size: number, bounds: readonly [number, number]): Span[] {
  const y = (top + bottom) / 2;
  const place = (start: number, up: number): Span => ({
    left: start,
    right: start + size,
    top: up,
    bottom: up + LINE,
  });
  const beside = (shift: number) => [
    place(right + 6, y - LINE / 2 + shift),
    place(left - 6 - size, y - LINE / 2 + shift),
  ];
  const centred = Math.max(bounds[0], Math.min(bounds[1] - size, (left + right - size) / 2));
  return [
    ...beside(0),
    place(centred, bottom + 3),
    place(centred, top - LINE - 3),
    ...beside(LINE),
    ...beside(-LINE),
  ];
}

/** Whether two spans share more than an edge. */
export function overlap(a: Span, b: Span): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
