/** Graph: a linked list of nodes that is safe to edit while iterating, with inputs, outputs, initializers. */
import type { NodeInit } from './node.ts';
import { Node } from './node.ts';
import type { Rest, Tensor } from './tensor.ts';
import { Value } from './value.ts';
import { ListIndex, type ValueList } from './value-list.ts';

/** The last suffix given to each base: looking from the start again would make naming quadratic. */
const suffixes = new WeakMap<ReadonlySet<string>, Map<string, number>>();

function countersOf(names: ReadonlySet<string>): Map<string, number> {
  const known = suffixes.get(names) ?? new Map<string, number>();
  suffixes.set(names, known);
  return known;
}

function freeName(names: Set<string>, base: string): string {
  const counters = countersOf(names);
  let suffix = counters.get(base) ?? 0;
  let name = suffix === 0 ? base : `${base}_${suffix}`;
  while (names.has(name)) name = `${base}_${++suffix}`;
  counters.set(base, suffix);
  names.add(name);
  return name;
}

export class Graph implements Iterable<Node> {
  name = '';
  /** The graph around this one when it is the body of a control-flow node. */
  readonly parent: Graph | null;
  inputs: ValueList = [];
  outputs: ValueList = [];
  /** Constants by identity, in file order. Initializers that are also inputs (IR 3) appear in both lists. */
  readonly initializers = new Set<Value>();
  /** Values the file lists in value_info, in order; a hint that is written back where still true. */
  valueInfo: Value[] = [];
  rest: Rest | null = null;
  /** All names of values taken anywhere in the model, shared by its graphs. */
  readonly names: Set<string>;
  /** All names that nodes anywhere in the model have or had; onnxruntime refuses two alike. */
  readonly nodeNames: Set<string>;
  readonly #inputIndex = new ListIndex();
  readonly #outputIndex = new ListIndex();
  #first: Node | null = null;
  #last: Node | null = null;
  #count = 0;

  constructor(parent: Graph | null, names: Set<string> = parent?.names ?? new Set()) {
    this.parent = parent;
    this.names = names;
    this.nodeNames = parent?.nodeNames ?? new Set();
  }

  /** Whether the value is among `inputs`, in constant time. */
  hasInput(value: Value): boolean {
    return this.#inputIndex.has(this.inputs, value);
  }

  /** Whether the value is among `outputs`, in constant time. */
  hasOutput(value: Value): boolean {
    return this.#outputIndex.has(this.outputs, value);
  }

  /** Makes the graph hand out `value` as its output `index`. */
  setOutput(index: number, value: Value): void {
    this.#outputIndex.exchange(this.outputs, index, value);
  }

  get nodeCount(): number {
    return this.#count;
  }

  /** Nodes in order. Removing the current node or adding nodes anywhere is safe; added ones after it are visited. */
  *[Symbol.iterator](): Iterator<Node> {
    let node = this.#first;
    while (node) {
      const following: Node | null = node.next;
      yield node;
      // A removed node has lost its links: go on with what followed it.
      node = node.graph === this ? node.next : following;
    }
  }

  get nodes(): Node[] {
    return [...this];
  }

  /** A name no value has yet: `base`, `base_1`, `base_2`, ... It is taken from then on. */
  uniqueName(base: string): string {
    return freeName(this.names, base);
  }

  /** A name no node has yet, as `uniqueName`. */
  uniqueNodeName(base: string): string {
    return freeName(this.nodeNames, base);
  }

  /** A new value of this scope; the name is made unique. */
  value(base: string): Value {
    return new Value(this.uniqueName(base), this);
  }

  /** Adds a constant; the name is made unique. */
  addInitializer(base: string, tensor: Tensor): Value {
    const value = this.value(base);
    value.tensor = tensor;
    value.type = { dtype: tensor.dtype, shape: tensor.dims };
    this.initializers.add(value);
    return value;
  }

  /** Takes a constant out; it must have no uses left. IR 3 models list it among the inputs too. */
  removeInitializer(value: Value): void {
    this.initializers.delete(value);
    if (this.hasInput(value)) this.inputs = this.inputs.filter((input) => input !== value);
    value.tensor = null;
  }

  append(node: Node | NodeInit): Node {
    return this.#link(node instanceof Node ? node : new Node(node), this.#last, null);
  }

  insertBefore(anchor: Node, node: Node | NodeInit): Node {
    return this.#link(node instanceof Node ? node : new Node(node), anchor.previous, anchor);
  }

  insertAfter(anchor: Node, node: Node | NodeInit): Node {
    return this.#link(node instanceof Node ? node : new Node(node), anchor, anchor.next);
  }

  prepend(node: Node | NodeInit): Node {
    return this.#link(node instanceof Node ? node : new Node(node), null, this.#first);
  }

  /** Unlinks a node and its uses. Outputs it still owns become producerless. Bodies of control flow go with it. */
  remove(node: Node): void {
    this.#unlink(node);
    for (const body of node.subgraphs) for (const inner of body) body.remove(inner);
    node.truncateInputs(0);
    for (const value of node.outputs) if (value?.producer === node) value.producer = null;
  }

  /** Puts the nodes into the given order (a permutation of the present ones). */
  reorder(order: readonly Node[]): void {
    if (order.length !== this.#count) throw new Error('reorder: not a permutation of the nodes');
    for (const node of order) {
      this.#unlink(node);
      this.#link(node, this.#last, null);
    }
  }

  /** True when a subgraph hands this value of ours out as its own output. */
  escapes(value: Value): boolean {
    return this.#escaping.has(value);
  }

  /** Subgraph outputs may name values of an outer scope; the reader registers them here. */
  registerEscape(value: Value): void {
    this.#escaping.add(value);
  }

  readonly #escaping = new Set<Value>();

  #link(node: Node, previous: Node | null, next: Node | null): Node {
    if (node.name) this.nodeNames.add(node.name);
    node.graph = this;
    node.previous = previous;
    node.next = next;
    if (previous) previous.next = node;
    else this.#first = node;
    if (next) next.previous = node;
    else this.#last = node;
    this.#count++;
    return node;
  }

  #unlink(node: Node): void {
    if (node.graph !== this) throw new Error(`remove: ${node.label} is not in graph '${this.name}'`);
    if (node.previous) node.previous.next = node.next;
    else this.#first = node.next;
    if (node.next) node.next.previous = node.previous;
    else this.#last = node.previous;
    node.graph = null;
    node.previous = null;
    node.next = null;
    this.#count--;
  }
}
