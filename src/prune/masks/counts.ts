/** How many weights of each layer go. */
import { floatsOf } from '../../ir/floats.ts';
import type { PruneOptions } from '../options.ts';
import { ranked } from './choose.ts';
import type { MaskLayer } from './layer.ts';
import type { Pattern } from './pattern.ts';

/** What a magnitude is worth, by name of the weight; 1 where nothing is said. */
export type Worth = ReadonlyMap<string, number>;

/** @param share of all weights; less than a pattern takes is spread over all layers alike */
export function countsOf(
  layers: readonly MaskLayer[],
  pattern: Pattern | null,
  share: number,
  { scope, maxPerLayer }: Pick<PruneOptions, 'scope' | 'maxPerLayer'>,
  worth: Worth = new Map(),
): number[] {
  const sizes = layers.map(({ tensor }) => tensor.size);
  if (pattern) {
    const whole = 1 - pattern.kept / pattern.of;
    return sizes.map((size) => {
      const most = (size / pattern.of) * (pattern.of - pattern.kept);
      return Math.round(most * Math.min(1, share / whole));
    });
  }
  if (scope === 'local') return sizes.map((size) => Math.round(size * share));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return ranked(
    layers.map(({ tensor, value }) => {
      const each = worth.get(value.name) ?? 1;
      return floatsOf(tensor).map((weight) => Math.abs(weight) * each);
    }),
    Math.round(total * share),
    sizes.map((size) => Math.floor(size * maxPerLayer)),
  );
}
