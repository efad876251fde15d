/** Concatenation and splitting along one axis. */
import { joined, splitUp } from '../gradients/slice.ts';
import type { OpSpec } from '../spec.ts';

export const segments: readonly OpSpec[] = [
  {
    type: 'Concat',
    gradient: joined,
    homogeneous: 'all',
    axes: { relation: 'segments', axis: (node) => node.int('axis', 0), whole: 'outputs' },
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearConcat' },
    types: 'T* -> T',
    cpuBfloat16: true,
  },
  {
    type: 'Split',
    gradient: splitUp,
    homogeneous: [[0]],
    axes: { relation: 'segments', axis: (node) => node.int('axis', 0), whole: 'inputs' },
    quant: { kind: 'passthrough', integers: true },
    types: 'T, int64? -> T*',
    cpuBfloat16: true,
  },
];
