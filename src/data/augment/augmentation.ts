/** What an augmentation is: a random change of a row that leaves its meaning alone. */
import type { Column } from '../dataset.ts';
import type { TypedArray } from '../host-tensor.ts';

/** One row of a column, changed where it lies. */
export interface RowView {
  readonly dims: readonly number[];
  readonly data: TypedArray;
  /** The row's attention mask, where the data has one: what is 0 there is padding. */
  readonly attended: TypedArray | null;
  /** Another row of the same size, for augmentations that want one. */
  readonly partner: TypedArray | null;
}

export interface Setting {
  /** The number behind the name, as in `crop:4`. */
  readonly amount: number;
  readonly layout: 'nchw' | 'nhwc';
  /** The token that stands for a hidden one. */
  readonly maskId: number;
}

export interface Augmentation {
  readonly name: string;
  readonly summary: string;
  /** What the number may be, and what it is where none is given; null when it must be given. */
  readonly amount: {
    readonly least: number;
    readonly most: number;
    readonly whole: boolean;
    readonly fallback: number | null;
  };
  /** All columns of a row are changed by the same random numbers: pictures that belong together turn together. */
  readonly together: boolean;
  /** Needs a second row, and with float labels changes these, too. */
  readonly mixes?: true;
  /** Needs the token for hidden ones. */
  readonly masks?: true;
  /** Whether it changes such a column. */
  fits(column: Column): boolean;
  /** @param random uniform numbers in [0, 1) of this row */
  apply(row: RowView, setting: Setting, random: () => number): void;
}
