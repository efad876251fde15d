/** Sizes of values in graphs in which every size is a number. */
import { LlmcError } from '../../errors.ts';
import type { Value } from '../../ir/value.ts';

/** @throws LlmcError UNSUPPORTED where a size depends on the data */
export function dimsOf(value: Value): readonly number[] {
  const shape = value.tensor?.dims ?? value.type?.shape;
  if (shape?.every((dim) => typeof dim === 'number')) return shape as readonly number[];
  throw new LlmcError('UNSUPPORTED', `the shape of '${value.name}' depends on the data`, {
    hint: 'train on another output',
  });
}
