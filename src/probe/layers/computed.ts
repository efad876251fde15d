/** The float values a model computes, subgraphs included, each under a key of its own. */
import { isFloat } from '../../ir/dtype.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { isConstantNode } from '../../ops/nodes.ts';
import { bodiesOf } from '../../ops/table.ts';

export interface ComputedValue {
  /** The value's name, with the nodes and branches around it in front. */
  readonly key: string;
  readonly value: Value;
  readonly node: Node;
  /** Place in the order of computation. */
  readonly order: number;
  /** In a body that may run many times or never. */
  readonly repeated: boolean;
  /** In any body of control flow. */
  readonly nested: boolean;
}

/** Every value of float type in file order. Types must be known (`inferTypes`). */
export function computedValues(model: Model): ComputedValue[] {
  const found: ComputedValue[] = [];
  collect(model.graph, { path: '', opset: model.opset, repeated: false, nested: false }, found);
  return found;
}

interface Scope {
  readonly path: string;
  readonly opset: number;
  readonly repeated: boolean;
  readonly nested: boolean;
}

function collect(graph: Graph, scope: Scope, found: ComputedValue[]): void {
  for (const node of graph) {
    if (isConstantNode(node)) continue;
    const facts = bodiesOf(node, scope.opset);
    // Of other bodies nothing can be shown.
    for (const [index, body] of facts ? node.subgraphs.entries() : []) {
      const path = `${scope.path}${node.name || (node.output()?.name ?? '')}:${index}/`;
      const repeated = scope.repeated || facts?.repeated === true;
      collect(body, { ...scope, path, repeated, nested: true }, found);
    }
    for (const value of node.outputs)
      if (value && value.dtype !== null && isFloat(value.dtype)) {
        const { path, repeated, nested } = scope;
        found.push({ key: `${path}${value.name}`, value, node, order: found.length, repeated, nested });
      }
  }
}
