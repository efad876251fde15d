/** Recipes: what is made of one weight, as plain data, so that any thread can follow it. */
import type { Tensor } from '../../ir/tensor.ts';
import { linearBlocks, type MatrixSpec, type NBitsSpec, nBits } from './blocks.ts';
import { type EightBitSpec, eightBit } from './eight-bit.ts';
import { type HalfSpec, toHalves } from './half.ts';

export type Recipe =
  | { readonly kind: 'eight-bit'; readonly spec: EightBitSpec; readonly scalarZero: boolean }
  | { readonly kind: 'n-bits'; readonly spec: NBitsSpec }
  | { readonly kind: 'linear-blocks'; readonly spec: MatrixSpec }
  | { readonly kind: 'half'; readonly spec: HalfSpec };

/** Arrays by name, each with memory of its own; null where this computation has no such part. */
export type Made = Readonly<Record<string, ArrayBufferView<ArrayBuffer> | null>>;

/** Follows a recipe: reads the weight and computes. The same bytes on every thread. */
export function follow(recipe: Recipe, weight: Tensor): Made {
  switch (recipe.kind) {
    case 'eight-bit':
      return { ...eightBit(weight, recipe.spec, recipe.scalarZero) } as Made;
    case 'n-bits':
      return { ...nBits(weight, recipe.spec) } as Made;
    case 'linear-blocks':
      return { ...linearBlocks(weight, recipe.spec) } as Made;
    case 'half':
      return { ...toHalves(weight, recipe.spec) } as Made;
  }
}
