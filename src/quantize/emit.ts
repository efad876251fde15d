/** Emits nodes beside the node that is being replaced: unique names, one call per node. */
import type { Attribute } from '../ir/attribute.ts';
import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';

export interface EmitOptions {
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** Puts nodes in front of `anchor`, in its graph. */
export class Emitter {
  readonly graph: Graph;
  readonly #anchor: Node;

  constructor(anchor: Node) {
    if (!anchor.graph) throw new Error(`${anchor.label} is in no graph`);
    this.graph = anchor.graph;
    this.#anchor = anchor;
  }

  /** A node with one new output called `output` (made unique). */
  op(op: string, inputs: readonly (Value | null)[], output: string, options: EmitOptions = {}): Value {
    const value = this.graph.value(output);
    this.into(op, inputs, [value], options);
    return value;
  }

  /** A node that writes existing values; a value taken over from another node changes its producer. */
  into(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly (Value | null)[],
    options: EmitOptions = {},
  ): Node {
    const { name, domain, attributes } = options;
    return this.graph.insertBefore(this.#anchor, {
      op,
      inputs,
      outputs,
      name,
      domain,
      attributes: new Map(Object.entries(attributes ?? {})),
    });
  }

  constant(name: string, tensor: Tensor): Value {
    return this.graph.addInitializer(name, tensor);
  }
}

/** The node's outputs, detached from it, so that a replacement can write them. */
export function takeOutputs(node: Node): readonly (Value | null)[] {
  const outputs = [...node.outputs];
  for (const [index, value] of outputs.entries()) if (value) node.setOutput(index, null);
  return outputs;
}

/** Drops constants that nothing uses any more. */
export function dropUnused(values: Iterable<Value>): void {
  for (const value of values)
    if (value.tensor && value.useCount === 0 && !value.isGraphOutput) value.graph.removeInitializer(value);
}
