/** Node: one operator call; inputs change only through methods that keep the use links true. */
import { type Attribute, graphsOf, type Int64 } from './attribute.ts';
import type { Graph } from './graph.ts';
import type { Rest, Tensor } from './tensor.ts';
import type { Value } from './value.ts';

let nextId = 0;
const decoder = new TextDecoder();

export interface NodeInit {
  readonly op: string;
  readonly domain?: string | undefined;
  readonly overload?: string | undefined;
  readonly name?: string | undefined;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly (Value | null)[];
  readonly attributes?: ReadonlyMap<string, Attribute> | undefined;
  readonly rest?: Rest | undefined;
}

export class Node {
  readonly id = nextId++;
  readonly op: string;
  /** '' is ai.onnx; the alias is normalized on reading. */
  readonly domain: string;
  readonly overload: string;
  name: string;
  readonly attributes: Map<string, Attribute>;
  /** What the file said beyond the fields here; written back. */
  rest: Rest | null;
  /** The graph that holds the node; null when removed. */
  graph: Graph | null = null;
  previous: Node | null = null;
  next: Node | null = null;
  #inputs: (Value | null)[];
  #outputs: (Value | null)[];

  constructor(init: NodeInit) {
    this.op = init.op;
    this.domain = init.domain ?? '';
    this.overload = init.overload ?? '';
    this.name = init.name ?? '';
    this.attributes = new Map(init.attributes ?? []);
    this.rest = init.rest ?? null;
    this.#inputs = [];
    for (const [index, value] of init.inputs.entries()) this.setInput(index, value);
    this.#outputs = [...init.outputs];
    for (const value of this.#outputs) if (value) value.producer = this;
  }

  get inputs(): readonly (Value | null)[] {
    return this.#inputs;
  }

  get outputs(): readonly (Value | null)[] {
    return this.#outputs;
  }

  /** `op` with its domain when that is not ai.onnx: the key of operator tables. */
  get opType(): string {
    return this.domain === '' ? this.op : `${this.domain}.${this.op}`;
  }

  input(index: number): Value | null {
    return this.#inputs[index] ?? null;
  }

  output(index = 0): Value | null {
    return this.#outputs[index] ?? null;
  }

  /** The constant behind an input, when it is an initializer. */
  constant(index: number): Tensor | null {
    return this.#inputs[index]?.tensor ?? null;
  }

  setInput(index: number, value: Value | null): void {
    while (this.#inputs.length <= index) this.#inputs.push(null);
    this.#inputs[index]?.unlinkUse({ node: this, index });
    this.#inputs[index] = value;
    value?.linkUse({ node: this, index });
  }

  /** Drops trailing inputs from `count` on. */
  truncateInputs(count: number): void {
    for (let index = count; index < this.#inputs.length; index++) this.setInput(index, null);
    this.#inputs.length = Math.min(count, this.#inputs.length);
  }

  /** Moves an output value to this node, e.g. when the node that made it is replaced. */
  setOutput(index: number, value: Value | null): void {
    while (this.#outputs.length <= index) this.#outputs.push(null);
    const before = this.#outputs[index];
    // A value that nobody makes any more is nobody's: what is known of it must not reach the file.
    if (before && before !== value && before.producer === this) before.producer = null;
    this.#outputs[index] = value;
    if (value) value.producer = this;
  }

  int(name: string, fallback = 0): number {
    const attribute = this.attributes.get(name);
    return attribute?.kind === 'int' ? Number(attribute.value) : fallback;
  }

  float(name: string, fallback = 0): number {
    const attribute = this.attributes.get(name);
    return attribute?.kind === 'float' ? attribute.value : fallback;
  }

  ints(name: string): readonly number[] | null {
    const attribute = this.attributes.get(name);
    return attribute?.kind === 'ints' ? attribute.value.map((value: Int64) => Number(value)) : null;
  }

  text(name: string, fallback = ''): string {
    const attribute = this.attributes.get(name);
    return attribute?.kind === 'string' ? decoder.decode(attribute.value) : fallback;
  }

  /** Bodies of control flow, in attribute order. */
  get subgraphs(): readonly Graph[] {
    return [...this.attributes.values()].flatMap(graphsOf);
  }

  /** For messages: `name (Op)`, or the first output where the exporter left nodes unnamed. */
  get label(): string {
    return `${this.name || (this.#outputs.find((value) => value)?.name ?? '?')} (${this.opType})`;
  }
}
