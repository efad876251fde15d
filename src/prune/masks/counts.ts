/** How many weights of each layer go. */
import { floatsOf } from '../../ir/floats.ts';
import type { PruneOptions } from '../options.ts';
import { ranked } from './choose.ts';
import { blockScores, grainSize, type MaskForm } from './form.ts';
import { type MaskLayer, matrixOf } from './layer.ts';

/** What a magnitude is worth, by name of the weight; 1 where nothing is said. */
export type Worth = ReadonlyMap<string, number>;

/** @param share of all weights, in whole blocks; less than a pattern takes is spread over all layers alike */
export function countsOf(
  layers: readonly MaskLayer[],
  { pattern, grain }: MaskForm,
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
  const block = grainSize(grain);
  if (scope === 'local') return sizes.map((size) => block * Math.round((size * share) / block));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const blocks = ranked(
    layers.map((layer) => {
      const each = worth.get(layer.value.name) ?? 1;
      return blockScores(magnitudesOf(layer, block === 1), layer.columns.length, grain).map(
        (size) => size * each,
      );
    }),
    Math.round((total * share) / block),
    sizes.map((size) => Math.floor((size * maxPerLayer) / block)),
  );
  return blocks.map((count) => count * block);
}

/** Where order does not matter, that of the tensor, which is there. */
function magnitudesOf(layer: MaskLayer, anyOrder: boolean): Float32Array {
  const floats = floatsOf(layer.tensor);
  return (anyOrder ? floats : matrixOf(layer, floats)).map(Math.abs);
}
