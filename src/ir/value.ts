/** Value: a named edge of the graph that knows who makes it and who uses it. */
import type { DType } from './dtype.ts';
import type { Graph } from './graph.ts';
import type { Node } from './node.ts';
import type { Rest, Tensor } from './tensor.ts';

/** A number, a symbolic name, or null where nothing is known. */
export type Dim = number | string | null;
export type Shape = readonly Dim[];

/** What is known of a tensor value. Types read from a file are hints until runtime/shapes.ts replaces them. */
export interface TensorType {
  readonly dtype: DType;
  /** null: not even the rank is known. */
  readonly shape: Shape | null;
}

/** One place where a value is consumed. */
export interface Use {
  readonly node: Node;
  readonly index: number;
}

export class Value {
  name: string;
  type: TensorType | null = null;
  /** The constant behind an initializer; null for everything computed or fed. */
  tensor: Tensor | null = null;
  producer: Node | null = null;
  /** The graph whose scope the value belongs to. */
  readonly graph: Graph;
  /** What the file's ValueInfo said beyond a tensor type (docs, metadata, sequence types); written back. */
  rest: Rest | null = null;
  readonly #uses = new Map<string, Use>();

  constructor(name: string, graph: Graph) {
    this.name = name;
    this.graph = graph;
  }

  /** A snapshot, safe to edit while iterating. Uses inside subgraphs are included. */
  get uses(): readonly Use[] {
    return [...this.#uses.values()];
  }

  get useCount(): number {
    return this.#uses.size;
  }

  get isGraphInput(): boolean {
    return this.graph.hasInput(this);
  }

  get isGraphOutput(): boolean {
    return this.graph.hasOutput(this) || this.graph.escapes(this);
  }

  /** Rank when known. */
  get rank(): number | null {
    return this.tensor?.dims.length ?? this.type?.shape?.length ?? null;
  }

  get dtype(): DType | null {
    return this.tensor?.dtype ?? this.type?.dtype ?? null;
  }

  /** Makes every node that used this value use `other`. Graph outputs are not touched. */
  replaceAllUsesWith(other: Value): void {
    for (const use of this.uses) use.node.setInput(use.index, other);
  }

  /** Only Node calls these two, so that the links stay true. */
  linkUse(use: Use): void {
    this.#uses.set(`${use.node.id}:${use.index}`, use);
  }

  unlinkUse(use: Use): void {
    this.#uses.delete(`${use.node.id}:${use.index}`);
  }
}
