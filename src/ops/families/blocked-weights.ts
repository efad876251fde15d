/** Operators on weights stored in blocks of 2 to 8 bits. */
import type { Node } from '../../ir/node.ts';
import { blockedProduct } from '../gradients/blocked-weights.ts';
import type { OpSpec } from '../spec.ts';

/** Columns of the matrix are rows of the packed weight and of its scales, which are not cut. */
function matmulNBits(node: Node): string {
  const scales = node.input(2)?.rank === 1 ? 'S[!f]' : 'S[n !j]';
  return `A[*b !k], B[!n !j !w], ${scales}, _, _, C[n] -> Y[*b n] | k=K, n=N`;
}

export const blockedWeights: readonly OpSpec[] = [
  {
    type: 'com.microsoft.GatherBlockQuantized',
    axes: (node) => (node.int('gather_axis', 0) === 0 ? 'X[!v !*w], I[*i], _, _ -> _' : null),
    quant: { kind: 'quantized' },
    types: 'T1, int32|int64, T2, T1? -> T2',
  },
  {
    type: 'com.microsoft.MatMulBnb4',
    axes: 'A[*b !k], _, _ -> Y[*b !n] | k=K, n=N',
    macs: '*b k n',
    quant: { kind: 'quantized' },
    types: 'T1, uint8, T1 -> T1',
  },
  {
    type: 'com.microsoft.MatMulNBits',
    gradient: blockedProduct,
    axes: matmulNBits,
    macs: '*b k n',
    quant: { kind: 'quantized' },
    types: 'T, uint8, T, any?, int32?, T? -> T',
  },
];
