/** Codes of a quantized model that are trained as floats. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { LearnedScales } from './learned-scales.ts';

/** Numbers that share a scale: how many there are, and steps from zero to the farther end of their codes. */
export interface Span {
  readonly elements: number;
  readonly steps: number;
}

/** One kind of codes in one training of one model. */
export interface Fake {
  /**
   * Puts floats in the place of codes.
   * @param model changed in place; it computes what it did
   */
  dress(model: Model): void;
  /** Names of the initializers that are trained. */
  readonly trained: readonly string[];
  /** What lies on each scale that weights have. */
  readonly spans: ReadonlyMap<Value, Span>;
  /**
   * Puts codes in the place of floats.
   * @param model changed in place
   * @param scales after the training
   */
  undress(model: Model, scales: LearnedScales): void;
}
