/** A constant matrix that a scheme stores in blocks, and how it is stored once its codes have been chosen. */
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import type { LayerBits, RoundedLayer } from '../../numeric/layer.ts';
import type { Blocks } from '../recipes/blocks.ts';

export interface BlockedMatrix {
  /** The float constant. */
  readonly value: Value;
  /** Its name, which it had before it was dropped. */
  readonly name: string;
  /** Which of its axes is summed over; blocks run along it. */
  readonly axis: 0 | 1;
  readonly inputs: number;
  readonly outputs: number;
  readonly bits: LayerBits;
  /** Replaces what the recipe would make. */
  store(layer: RoundedLayer): void;
}

/** Puts blocks in the place of tensors that a recipe would have made. */
export function storeParts(parts: Readonly<Record<keyof Blocks, Value | null>>, blocks: Blocks): void {
  for (const name of ['codes', 'scales', 'zeroPoints'] as const) {
    const value = parts[name];
    const made = blocks[name];
    if (value?.tensor && made) value.tensor = Tensor.of(value.tensor.dtype, value.tensor.dims, made);
  }
}
