/** Conversion between float and quantized values. */
import type { Node } from '../../ir/node.ts';
import * as gradients from '../gradients/quantize.ts';
import { labels, normalAxis, rankOf } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

/** Scale and zero point are scalars, or vectors along `axis`; those of blocks tie the axes they share to themselves. */
function linear(node: Node): string {
  const scale = rankOf(node, 1);
  const rank = rankOf(node, 0);
  const dims = node.input(1)?.tensor?.dims ?? node.input(1)?.type?.shape;
  if (scale === 0 || (scale === 1 && dims?.[0] === 1)) return 'X[*s], _, _ -> Y[*s]';
  const axis = rank === null ? null : normalAxis(node.int('axis', 1), rank);
  if (rank === null || axis === null || scale === null) return 'X[!*s], _, _ -> Y[!*s]';
  const whole = labels(rank).join(' ');
  if (scale === 1) return `X[${whole}], S[${labels(rank)[axis]}], Z[${labels(rank)[axis]}] -> Y[${whole}]`;
  const blocked = labels(rank).map((label, at) => (at === axis ? `!${label}` : label));
  const blocks = blocked.map((label, at) => (at === axis ? '!blocks' : label)).join(' ');
  return `X[${blocked.join(' ')}], S[${blocks}], Z[${blocks}] -> Y[${blocked.join(' ')}]`;
}

export const quantizeLinear: readonly OpSpec[] = [
  {
    type: 'QuantizeLinear',
    gradient: gradients.quantize,
    axes: linear,
    quant: { kind: 'quantized' },
    types: 'T1, T2, T3? -> T3',
    float16: 19,
    bfloat16: 19,
  },
  {
    type: 'com.microsoft.QuantizeLinear',
    gradient: gradients.quantize,
    axes: linear,
    quant: { kind: 'quantized' },
    types: 'T1, T1, T2? -> T2',
    bfloat16: null,
  },
  {
    type: 'DequantizeLinear',
    gradient: gradients.dequantize,
    axes: linear,
    quant: { kind: 'quantized' },
    types: 'T1, T2, T1? -> T2',
    float16: 19,
    bfloat16: 19,
  },
  {
    type: 'com.microsoft.DequantizeLinear',
    gradient: gradients.dequantize,
    axes: linear,
    quant: { kind: 'quantized' },
    types: 'T1, T2, T1? -> T2',
    bfloat16: null,
  },
  {
    type: 'DynamicQuantizeLinear',
    gradient: 'none',
    axes: 'X[*s] -> Y[*s], S[], Z[]',
    quant: { kind: 'quantized' },
    types: 'float32 -> uint8, float32, uint8',
  },
];
