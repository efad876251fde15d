/** Whether a node written for one ai.onnx version means the same in another. */
import type { Node } from '../../ir/node.ts';
import { CHANGES } from './table.ts';

/** True when the operator did not change incompatibly between the two versions. */
export function sameMeaning(node: Node, a: number, b: number): boolean {
  if (node.domain !== '') return true;
  for (let version = Math.min(a, b) + 1; version <= Math.max(a, b); version++)
    if (CHANGES[version]?.[node.op]) return false;
  return true;
}
