/** Builder: adds nodes to a graph at one place, naming what it makes. */
import type { Attribute } from './attribute.ts';
import type { Graph } from './graph.ts';
import { Node } from './node.ts';
import { Tensor } from './tensor.ts';
import type { TensorType, Value } from './value.ts';

export type Attributes = Readonly<Record<string, Attribute>>;

/** Where new nodes go; without an anchor they are appended. */
export type Place = { readonly before: Node } | { readonly after: Node } | null;

export interface OpOptions {
  readonly domain?: string;
  readonly attributes?: Attributes;
  /** Node name; default the operator's name in lower case, made unique. */
  readonly name?: string;
  /** Base of the output's name, made unique; default `<node name>_output`. */
  readonly output?: string;
  /** An existing value that the node is to produce instead of a new one. */
  readonly into?: Value;
  /** What is known of the output. */
  readonly type?: TensorType | null;
}

/** Adds nodes one after the other at its place: the second comes behind the first. */
export class Builder {
  readonly graph: Graph;
  #place: Place;

  constructor(graph: Graph, place: Place = null) {
    this.graph = graph;
    this.#place = place;
  }

  /** A node with one output; returns that output. */
  op(op: string, inputs: readonly (Value | null)[], options: OpOptions = {}): Value {
    const name = options.name ?? this.graph.uniqueNodeName(op.toLowerCase());
    const output = options.into ?? this.graph.value(options.output ?? `${name}_output`);
    if (options.type) output.type = options.type;
    const attributes = new Map(Object.entries(options.attributes ?? {}));
    this.insert(new Node({ op, domain: options.domain, name, inputs, outputs: [output], attributes }));
    return output;
  }

  /** An initializer of this graph holding an int64 vector. */
  ints(base: string, values: readonly number[]): Value {
    return this.graph.addInitializer(base, Tensor.ints(values));
  }

  insert(node: Node): Node {
    const place = this.#place;
    if (place === null) return this.graph.append(node);
    if ('before' in place) return this.graph.insertBefore(place.before, node);
    this.graph.insertAfter(place.after, node);
    this.#place = { after: node };
    return node;
  }
}
