/** Model: the main graph, model-local functions, opset imports and what the file says about itself. */
import { Graph } from './graph.ts';
import type { Rest } from './tensor.ts';

/** A model-local function: a graph whose inputs are bound at each call. */
export interface ModelFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly graph: Graph;
  readonly opsets: Map<string, number>;
  readonly rest: Rest | null;
}

export class Model {
  irVersion: number;
  /** Domain ('' is ai.onnx) to version. */
  readonly opsets: Map<string, number>;
  graph: Graph;
  functions: ModelFunction[] = [];
  /** Model-level metadata_props, in order. */
  readonly metadata = new Map<string, string>();
  producerName: string | undefined;
  producerVersion: string | undefined;
  rest: Rest | null = null;

  constructor(irVersion: number, opsets: ReadonlyMap<string, number>, graph: Graph = new Graph(null)) {
    this.irVersion = irVersion;
    this.opsets = new Map(opsets);
    this.graph = graph;
  }

  /** Version of ai.onnx, 0 when the model imports none. */
  get opset(): number {
    return this.opsets.get('') ?? 0;
  }
}
