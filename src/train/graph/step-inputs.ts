/** Inputs that a step has beside those of the student: labels, what teachers say, numbers that change. */
import type { HostTensor } from '../../data/host-tensor.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Value } from '../../ir/value.ts';

export class StepInputs {
  /** Scalars by what they are to what they are called. */
  readonly scalars = new Map<string, string>();
  /** Feeds of the right shape for everything added, for a run that only looks at shapes. */
  readonly examples: Record<string, HostTensor> = {};
  readonly #graph: Graph;
  readonly #inputs = new Map<string, Value>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** The name of an input in the graph; null when there is none. */
  nameOf(name: string): string | null {
    return this.#inputs.get(name)?.name ?? null;
  }

  scalar(name: string): Value {
    const known = this.#inputs.get(name);
    if (known) return known;
    const made = this.feed(name, { dtype: 'float32', dims: [], data: Float32Array.of(1) });
    this.scalars.set(name, made.name);
    return made;
  }

  feed(name: string, like: HostTensor): Value {
    const value = this.#graph.value(name.replace(/[^\w.]+/g, '_'));
    value.type = { dtype: like.dtype as 'float32', shape: like.dims };
    this.#graph.inputs = [...this.#graph.inputs, value];
    this.#inputs.set(name, value);
    this.examples[value.name] = like;
    return value;
  }
}
