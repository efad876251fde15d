/** Which inputs of a node may be multiplied by factors that then come out at the other end. */
import type { Node } from '../ir/node.ts';
import { specOf } from './table.ts';

/** The sets of inputs in which the node is homogeneous (`OpSpec.homogeneous`), without inputs it leaves out. */
export function homogeneousSets(node: Node): readonly (readonly number[])[] {
  const fact = specOf(node)?.homogeneous;
  const sets = (typeof fact === 'function' ? fact(node) : fact) ?? [];
  const all = sets === 'all' ? [node.inputs.map((_, index) => index)] : sets;
  return all.map((set) => set.filter((index) => node.input(index) !== null)).filter((set) => set.length > 0);
}
