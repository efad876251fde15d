/** What is known of an operator's derivatives, stated or plain from what it makes. */
import type { Node } from '../ir/node.ts';
import type { Derivative } from './gradient.ts';
import type { OpSpec } from './spec.ts';
import { specOf } from './table.ts';

/** Whole numbers, truth values, text: nothing that changes a little. */
const EXACT = /^(u?int\d+|bool|string)\??$/;

/** Undefined where llmc cannot train through the operator. */
export function derivative(spec: OpSpec | null): Derivative | undefined {
  if (!spec || spec.gradient !== undefined) return spec?.gradient;
  const [, results] = (spec.types ?? '').split('->');
  const made = results?.split(',').map((type) => type.trim()) ?? [];
  return made.length > 0 && made.every((type) => EXACT.test(type)) ? 'none' : undefined;
}

export function derivativeOf(node: Node): Derivative | undefined {
  return derivative(specOf(node));
}
