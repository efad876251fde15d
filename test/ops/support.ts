/** Nodes for tests: one operator on values of given shapes. */
import type { Attribute } from '../../src/ir/attribute.ts';
import { Graph } from '../../src/ir/graph.ts';
import { Node } from '../../src/ir/node.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import type { Shape, Value } from '../../src/ir/value.ts';

interface NodeText {
  /** Shapes of inputs; undefined leaves one out, null is an unknown rank, a Tensor is a constant. */
  readonly inputs: readonly (Shape | Tensor | null | undefined)[];
  readonly outputs?: readonly (Shape | null)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A node of the operator type, `domain.Name` or the bare name. */
export function nodeOf(type: string, { inputs, outputs = [null], attributes = {} }: NodeText): Node {
  const graph = new Graph(null);
  const dot = type.lastIndexOf('.');
  const typed = (value: Value, shape: Shape | null): Value => {
    value.type = { dtype: 'float32', shape };
    return value;
  };
  return graph.append(
    new Node({
      op: type.slice(dot + 1),
      domain: dot < 0 ? '' : type.slice(0, dot),
      inputs: inputs.map((input) => {
        if (input === undefined) return null;
        return input instanceof Tensor ? graph.addInitializer('c', input) : typed(graph.value('x'), input);
      }),
      outputs: outputs.map((shape) => typed(graph.value('y'), shape)),
      attributes: new Map(Object.entries(attributes)),
    }),
  );
}
