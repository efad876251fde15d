/** Slots: places of control flow that must have one type, e.g. a Loop's initial value, its formal, result and output. */
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allGraphs } from '../../ir/walk.ts';
import type { Tie } from '../../ops/spec.ts';
import { bodiesOf } from '../../ops/table.ts';

export interface Slot {
  readonly node: Node;
  /** What stands in the places; null where an optional place is empty. */
  readonly values: readonly (Value | null)[];
  half: boolean;
}

/** All slots of a model, found by place. Bodies of other operators (SequenceMap, BeamSearch) have none. */
export class Slots {
  readonly all: Slot[] = [];
  readonly #nodes = new Set<Node>();
  readonly #inputs = new Map<string, Slot>();
  readonly #outputs = new Map<string, Slot>();
  readonly #formals = new Map<Value, Slot>();
  readonly #results = new Map<Graph, Map<number, Slot>>();

  /** @param opset version of ai.onnx */
  constructor(model: Model, opset: number) {
    for (const graph of allGraphs(model, { functions: false }))
      for (const node of graph) {
        const bodies = bodiesOf(node, opset);
        if (bodies) this.#nodes.add(node);
        for (const tie of bodies?.ties(node) ?? []) this.#add(node, tie);
      }
  }

  /** True for control flow whose places are decided one by one. */
  ties(node: Node): boolean {
    return this.#nodes.has(node);
  }

  input(node: Node, index: number): Slot | null {
    return this.#inputs.get(`${node.id}:${index}`) ?? null;
  }

  output(node: Node, index: number): Slot | null {
    return this.#outputs.get(`${node.id}:${index}`) ?? null;
  }

  formal(value: Value): Slot | null {
    return this.#formals.get(value) ?? null;
  }

  result(body: Graph, index: number): Slot | null {
    return this.#results.get(body)?.get(index) ?? null;
  }

  #add(node: Node, tie: Tie): void {
    const at = (list: readonly (Value | null)[], index: number | undefined): (Value | null)[] =>
      index === undefined || index >= list.length ? [] : [list[index] ?? null];
    const bodies = node.subgraphs;
    const formals = bodies.flatMap((body) => at(body.inputs, tie.formal));
    const results = bodies.flatMap((body) => at(body.outputs, tie.result));
    const values = [...at(node.inputs, tie.input), ...at(node.outputs, tie.output), ...formals, ...results];
    const slot: Slot = { node, values, half: false };
    this.all.push(slot);
    if (tie.input !== undefined) this.#inputs.set(`${node.id}:${tie.input}`, slot);
    if (tie.output !== undefined) this.#outputs.set(`${node.id}:${tie.output}`, slot);
    for (const formal of formals) if (formal) this.#formals.set(formal, slot);
    if (tie.result === undefined) return;
    for (const body of bodies) {
      const known = this.#results.get(body) ?? new Map<number, Slot>();
      this.#results.set(body, known.set(tie.result, slot));
    }
  }
}
