/** Sequences and optionals. */
import type { OpSpec } from '../spec.ts';

export const containers: readonly OpSpec[] = [
  { type: 'ConcatFromSequence', quant: { kind: 'exact' }, types: 'any -> T', bfloat16: null },
  { type: 'Optional', quant: { kind: 'exact' }, types: 'V? -> any', bfloat16: 28, cpuBfloat16: true },
  { type: 'OptionalGetElement', quant: { kind: 'exact' }, types: 'O -> V', bfloat16: 28, cpuBfloat16: true },
  {
    type: 'OptionalHasElement',
    quant: { kind: 'exact' },
    types: 'O? -> bool',
    float16: 18,
    bfloat16: 28,
    cpuBfloat16: true,
  },
  { type: 'SequenceAt', quant: { kind: 'exact' }, types: 'any, int32|int64 -> T', bfloat16: null },
  { type: 'SequenceConstruct', quant: { kind: 'exact' }, types: 'T* -> any', bfloat16: null },
  { type: 'SequenceEmpty', quant: { kind: 'exact' }, types: '-> any' },
  { type: 'SequenceErase', quant: { kind: 'exact' }, types: 'any, int32|int64? -> any' },
  { type: 'SequenceInsert', quant: { kind: 'exact' }, types: 'any, T, int32|int64? -> any', bfloat16: null },
  { type: 'SequenceLength', quant: { kind: 'exact' }, types: 'any -> int64' },
  { type: 'SequenceMap', quant: { kind: 'exact' }, types: 'any, any* -> any*', bfloat16: null },
  { type: 'SplitToSequence', quant: { kind: 'exact' }, types: 'T, int32|int64? -> any', bfloat16: 24 },
];
