/** What the nodes of a model are called, by users and by the file; nodes that passes make later answer to the old names. */
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { allNodes } from '../ir/walk.ts';

interface Names {
  /** What this node and everything in its bodies is called. */
  readonly scope: readonly string[];
  /** Names of the tensors it touches. */
  readonly tensors: readonly string[];
}

export class NodeNames {
  readonly #names = new Map<Node, Names>();
  /** Who made a value when the names were taken. */
  readonly #makers = new Map<Value, Node>();
  readonly #owners = new Map<Graph, Node>();

  /** Takes the names of all nodes as they are now. */
  constructor(model: Model) {
    for (const node of allNodes(model)) {
      for (const body of node.subgraphs) this.#owners.set(body, node);
      for (const value of node.outputs) if (value) this.#makers.set(value, node);
      this.#names.set(node, { scope: this.#scopeOf(node), tensors: tensorsOf(node) });
    }
  }

  get nodes(): readonly Node[] {
    return [...this.#names.keys()];
  }

  /** The node's name, operator, path (`outer/inner`) and tensors, and the first three of the nodes around it. */
  of(node: Node): readonly string[] {
    const { scope, tensors } = this.#names.get(node) ?? this.#later(node);
    return [...scope, ...tensors];
  }

  #scopeOf(node: Node): readonly string[] {
    const owner = node.graph && this.#owners.get(node.graph);
    const outer = owner ? this.#scopeNames(owner) : [];
    const own = node.name || node.op;
    const path = outer[0] === undefined ? own : `${outer[0]}/${own}`;
    return [path, node.name, node.op, node.opType, ...outer];
  }

  #scopeNames(node: Node): readonly string[] {
    return (this.#names.get(node) ?? this.#later(node)).scope;
  }

  /** A node made since: it has its own names, and those of the node (a function call, a Gemm) that it replaced. */
  #later(node: Node): Names {
    for (const body of node.subgraphs) this.#owners.set(body, node);
    const origin = this.#originOf(node);
    const old = origin ? this.#names.get(origin) : undefined;
    // An inlined node is called `call/inner`; its function knew it as `inner`.
    const parts = node.name.split('/');
    const endings = parts.map((_, index) => parts.slice(index).join('/'));
    const names = {
      scope: [...this.#scopeOf(node), ...endings, ...(old?.scope ?? [])],
      tensors: [...tensorsOf(node), ...(old?.tensors ?? [])],
    };
    this.#names.set(node, names);
    return names;
  }

  /** The removed node whose result this one helps to compute, through nodes that are new as well. */
  #originOf(node: Node): Node | null {
    const seen = new Set<Node>([node]);
    for (const each of seen)
      for (const value of each.outputs) {
        if (!value) continue;
        const maker = this.#makers.get(value);
        if (maker) {
          if (maker.graph === null) return maker;
          continue;
        }
        for (const use of value.uses) if (!this.#names.has(use.node)) seen.add(use.node);
      }
    return null;
  }
}

function tensorsOf(node: Node): readonly string[] {
  return [...node.inputs, ...node.outputs].flatMap((value) => (value ? [value.name] : []));
}
