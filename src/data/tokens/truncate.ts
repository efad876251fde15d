/** Shortens tokens to what a model can take, as Hugging Face's tokenizers do. */

export type Side = 'left' | 'right';

/**
 * How many tokens of a text and of its pair are kept: the longer of the two gives way, both alike where one alone is
 * not enough (tokenizers 0.23, `TruncationStrategy::LongestFirst`).
 */
export function keptLengths(first: number, second: number, most: number): readonly [number, number] {
  if (first + second <= most) return [first, second];
  const short = Math.min(first, second);
  let keptShort = short;
  let keptLong = short > most ? short : Math.max(short, most - short);
  if (keptShort + keptLong > most) {
    keptShort = Math.floor(most / 2);
    keptLong = keptShort + (most % 2);
  }
  return first > second ? [keptLong, keptShort] : [keptShort, keptLong];
}

/** The first or the last `length` items. */
export function cut<T>(items: readonly T[], length: number, side: Side): readonly T[] {
  if (items.length <= length) return items;
  return side === 'right' ? items.slice(0, length) : items.slice(items.length - length);
}
