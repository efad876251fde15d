/** Softmax and its kin: every element of the axis takes part in the result of every other. */

import type { Node } from '../../ir/node.ts';
import * as gradients from '../gradients/softmax.ts';
import { labels, normalAxis, rankOf } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

/**
 * Before opset 13 everything from `axis` on (default 1) is one axis, since then `axis` alone (default -1). The node does
 * not know its opset, so whatever may take part under either reading is not cut.
 */
function softmax(node: Node): string | null {
  const rank = rankOf(node, 0);
  if (rank === null) return null;
  const stated = node.attributes.has('axis') ? normalAxis(node.int('axis', -1), rank) : Math.min(1, rank - 1);
  if (stated === null) return null;
  const axes = labels(rank)
    .map((label, axis) => (axis >= stated ? `!${label}` : label))
    .join(' ');
  return `X[${axes}] -> Y[${axes}]`;
}

const FLOAT = {
  axes: softmax,
  quant: { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' },
  types: 'T -> T',
} as const;

export const softmaxFamily: readonly OpSpec[] = [
  {
    type: 'Softmax',
    axes: softmax,
    quant: {
      kind: 'compute',
      weights: [],
      static: 'com.microsoft.QLinearSoftmax',
      range: { min: 0, max: 1 },
    },
    gradient: gradients.softmax,
    types: 'T -> T',
  },
  { ...FLOAT, type: 'Hardmax', gradient: 'none' },
  { ...FLOAT, type: 'LogSoftmax', gradient: gradients.logSoftmax },
];
