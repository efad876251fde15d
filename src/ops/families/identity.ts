/** Operators that hand their input on: copies, casts, dropout. */

import type { Node } from '../../ir/node.ts';
import * as gradients from '../gradients/identity.ts';
import * as scattering from '../gradients/scatter.ts';
import type { OpSpec } from '../spec.ts';

/** With a third input it may be told to train, and drops what its seed says of all elements in order. */
function dropout(node: Node): string {
  return node.input(2) ? 'X[!*s], _, _ -> Y[*s], M[*s]' : 'X[*s], _ -> Y[*s], M[*s]';
}

export const identity: readonly OpSpec[] = [
  {
    type: 'Identity',
    axes: 'X[*s] -> Y[*s]',
    homogeneous: [[0]],
    quant: { kind: 'passthrough', integers: true },
    gradient: gradients.identity,
    types: 'V -> V',
    cpuBfloat16: true,
  },
  {
    type: 'Cast',
    axes: 'X[*s] -> Y[*s]',
    quant: { kind: 'float-only', reason: 'changes the element type itself' },
    gradient: gradients.cast,
    types: 'T -> @to',
    cpuBfloat16: true,
  },
  {
    type: 'CastLike',
    axes: 'X[*s], _ -> Y[*s]',
    quant: { kind: 'float-only', reason: 'changes the element type itself' },
    gradient: gradients.cast,
    types: 'T1, T2 -> T2',
  },
  {
    type: 'BitCast',
    quant: { kind: 'exact' },
    gradient: 'none',
    types: 'T -> @to',
    cpuBfloat16: true,
    float32Only: 'works on the bits of float32',
  },
  {
    type: 'Dropout',
    gradient: scattering.dropout,
    axes: dropout,
    homogeneous: [[0]],
    quant: { kind: 'passthrough' },
    types: 'T, T1?, bool? -> T, bool?',
    bfloat16: 22,
  },
];
