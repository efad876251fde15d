/** Residual blocks: sums of a value and something computed from it, which the value alone can stand for. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { SampledShapes } from '../../probe/sampled-shapes.ts';

const SUM = 'Add';

export interface Block {
  /** The sum at its end. */
  readonly node: Node;
  /** What goes around the block, and what comes out of it. */
  readonly skip: Value;
  readonly branch: Value;
  /** Nodes between the two. */
  readonly nodes: readonly Node[];
}

/** Blocks of the main graph in the order they are computed in. */
export function findBlocks(model: Model, shapes: SampledShapes): Block[] {
  const found: Block[] = [];
  for (const node of model.graph) {
    const [a, b] = node.inputs;
    const result = node.output();
    if (node.opType !== SUM || !a || !b || !result || a.tensor || b.tensor || result.isGraphOutput) continue;
    for (const [skip, branch] of [
      [a, b],
      [b, a],
    ] as const) {
      const nodes = between(skip, branch);
      const same = shapes.shapeOf(skip)?.join() === shapes.shapeOf(result)?.join();
      // Sums of shapes and masks are no blocks: something in between has to hold weights.
      if (
        nodes &&
        same &&
        nodes.some((each) => each.inputs.some((value) => (value?.tensor?.dims.length ?? 0) > 1))
      ) {
        found.push({ node, skip, branch, nodes });
        break;
      }
    }
  }
  return found;
}

/** Nodes on paths from one value to another; null when there is no path. */
function between(from: Value, to: Value): Node[] | null {
  const reaches = new Map<Node, boolean>();
  const order: Node[] = [];
  // Without recursion: graphs are as deep as models are.
  const stack: { node: Node; next: number }[] = [];
  const visit = (value: Value | null): boolean | null => {
    if (value === from) return true;
    const node = value?.producer;
    if (!node) return false;
    const known = reaches.get(node);
    if (known !== undefined) return known;
    reaches.set(node, false);
    stack.push({ node, next: 0 });
    return null;
  };
  if (visit(to) === true) return [];
  while (stack.length > 0) {
    const top = stack.at(-1) as { node: Node; next: number };
    const input = top.node.inputs[top.next];
    if (top.next >= top.node.inputs.length) {
      stack.pop();
      if (reaches.get(top.node)) order.push(top.node);
      const parent = stack.at(-1);
      if (parent && reaches.get(top.node)) reaches.set(parent.node, true);
      continue;
    }
    top.next++;
    if (visit(input ?? null) === true) reaches.set(top.node, true);
  }
  return to.producer && reaches.get(to.producer) ? order : null;
}

/** Takes a block out: whoever read the sum reads what goes around the block. What nobody reads any more is left to a pass. */
export function dropBlock({ node, skip }: Block): void {
  node.output()?.replaceAllUsesWith(skip);
}
