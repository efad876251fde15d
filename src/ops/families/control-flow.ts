/** Control flow: the work is in the bodies, whose nodes are looked at one by one. */
import type { OpSpec } from '../spec.ts';

export const controlFlow: readonly OpSpec[] = [
  { type: 'If', quant: { kind: 'exact' }, types: 'bool -> any*', bfloat16: 16, cpuBfloat16: true },
  {
    type: 'Loop',
    quant: { kind: 'exact' },
    types: 'int64?, bool?, any* -> any*',
    bfloat16: 16,
    cpuBfloat16: true,
  },
  { type: 'Scan', quant: { kind: 'exact' }, types: 'any* -> any*', bfloat16: 16, cpuBfloat16: true },
];
