/** The signature of a node, from its operator's facts. */
import type { Node } from '../ir/node.ts';
import { parseSignature, type Signature } from './signature.ts';
import { isRelation } from './spec.ts';
import { specOf } from './table.ts';

/** Null when the operator is unknown, relates its axes otherwise, or too little is known of this node. */
export function signatureOf(node: Node): Signature | null {
  const axes = specOf(node)?.axes;
  if (axes === undefined || isRelation(axes)) return null;
  const text = typeof axes === 'string' ? axes : axes(node);
  return text === null ? null : parseSignature(text);
}
