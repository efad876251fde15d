/** Adds probes to a copy of a model, in bodies of control flow too, and hands what they yield out as outputs. */
import { int } from '../ir/attribute.ts';
import { Builder } from '../ir/builder.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import type { Bodies } from '../ops/spec.ts';
import { bodiesOf } from '../ops/table.ts';
import { concat, reduce } from './nodes.ts';
import { neutral, type Tap } from './probe.ts';

/** An output of the copy and whose vectors it holds, one after the other. */
export interface ProbeOutput {
  readonly name: string;
  readonly taps: readonly Tap<unknown>[];
}

/** A vector somewhere in the copy. */
interface Found {
  readonly vector: Value;
  readonly taps: readonly Tap<unknown>[];
}

/** Vectors in one output: joining thousands in one node makes onnxruntime slow, and so do thousands of outputs. */
const CHUNK = 64;
/** Elements above which a vector has an output of its own. */
const LARGE = 1 << 16;

/**
 * The outputs of `copy`, a clone of `model`, become the vectors of the taps. A branch that is not taken yields what
 * changes nothing; the turns of a loop are combined.
 */
export function instrument(model: Model, copy: Model, taps: readonly Tap<unknown>[]): readonly ProbeOutput[] {
  const wanted = new Map<Value, Tap<unknown>[]>();
  for (const tap of taps) {
    const known = wanted.get(tap.value);
    if (known) known.push(tap);
    else wanted.set(tap.value, [tap]);
  }
  const prober = new Prober(model.opset, wanted);
  const found = prober.graph(model.graph, copy.graph);
  const chunks = found.filter(({ taps: own }) => widthOf(own) > LARGE).map((large) => [large]);
  const small = found.filter(({ taps: own }) => widthOf(own) <= LARGE);
  for (let at = 0; at < small.length; at += CHUNK) chunks.push(small.slice(at, at + CHUNK));
  const outputs = chunks.map((chunk) => ({
    vector: concat(
      { builder: new Builder(copy.graph), opset: model.opset },
      chunk.map(({ vector }) => vector),
    ),
    taps: chunk.flatMap(({ taps: own }) => own),
  }));
  copy.graph.outputs = outputs.map(({ vector }) => vector);
  return outputs.map(({ vector, taps: own }) => ({ name: vector.name, taps: own }));
}

export function widthOf(taps: readonly Tap<unknown>[]): number {
  return taps.reduce((sum, { probe }) => sum + probe.width, 0);
}

class Prober {
  readonly #opset: number;
  readonly #wanted: ReadonlyMap<Value, readonly Tap<unknown>[]>;

  constructor(opset: number, wanted: ReadonlyMap<Value, readonly Tap<unknown>[]>) {
    this.#opset = opset;
    this.#wanted = wanted;
  }

  /** What is found in a graph, as vectors of the copy's scope. */
  graph(typed: Graph, copy: Graph): Found[] {
    const found: Found[] = [];
    const twins = copy.nodes;
    for (const [index, value] of typed.inputs.entries()) {
      const twin = copy.inputs[index];
      const [first] = twins;
      if (twin) found.push(...this.#value(value, twin, copy, first ? { before: first } : null));
    }
    for (const [index, node] of typed.nodes.entries()) {
      const twin = twins[index];
      if (!twin) continue;
      for (const [place, value] of node.outputs.entries()) {
        const made = twin.output(place);
        if (value && made) found.push(...this.#value(value, made, copy, { after: twin }));
      }
      found.push(...this.#bodies(node, twin));
    }
    return found;
  }

  #value(
    value: Value,
    twin: Value,
    graph: Graph,
    place: { readonly before: Node } | { readonly after: Node } | null,
  ): Found[] {
    return (this.#wanted.get(value) ?? []).map((tap) => {
      // A copy knows only what the file states.
      twin.type = value.type;
      const builder = new Builder(graph, place);
      return { vector: tap.probe.build({ builder, opset: this.#opset }, twin), taps: [tap] };
    });
  }

  #bodies(node: Node, twin: Node): Found[] {
    const facts = bodiesOf(node, this.#opset);
    if (!facts) return [];
    const bodies = twin.subgraphs;
    const inner = node.subgraphs.map((body, index) => this.graph(body, bodies[index] as Graph));
    return (['max', 'sum'] as const).flatMap((combine) => {
      const parts = inner.map((found) => found.filter(({ taps }) => taps[0]?.probe.combine === combine));
      return parts.some((part) => part.length > 0) ? [this.#handOut(twin, facts, parts, combine)] : [];
    });
  }

  /** One more output of the node: the vectors of all bodies. */
  #handOut(
    twin: Node,
    { repeated }: Bodies,
    parts: readonly (readonly Found[])[],
    combine: 'max' | 'sum',
  ): Found {
    const taps = parts.flatMap((part) => part.flatMap((found) => found.taps));
    for (const [index, body] of twin.subgraphs.entries()) {
      const scope = { builder: new Builder(body), opset: this.#opset };
      const own = parts.map((part, other) =>
        other === index
          ? part.map(({ vector }) => vector)
          : [constant(body, widthOf(part.flatMap((found) => found.taps)), combine)],
      );
      const vectors = own.flat();
      // An output of a body must be made in it, and be one output only.
      const vector = vectors.length > 1 ? concat(scope, vectors) : scope.builder.op('Identity', vectors);
      body.outputs.push(vector);
    }
    const graph = twin.graph as Graph;
    const output = graph.value('probe');
    twin.setOutput(twin.outputs.length, output);
    return { vector: repeated ? this.#combineTurns(twin, output, taps, combine) : output, taps };
  }

  /** [turns, width] to [width]; a row that changes nothing goes first, because there may be no turn. */
  #combineTurns(twin: Node, stacked: Value, taps: readonly Tap<unknown>[], combine: 'max' | 'sum'): Value {
    const graph = twin.graph as Graph;
    const scope = { builder: new Builder(graph, { after: twin }), opset: this.#opset };
    const width = widthOf(taps);
    const first = graph.addInitializer(
      'probe_first',
      Tensor.of('float32', [1, width], new Float32Array(width).fill(neutral(combine))),
    );
    const all = scope.builder.op('Concat', [first, stacked], { attributes: { axis: int(0) } });
    return reduce(scope, combine === 'max' ? 'ReduceMax' : 'ReduceSum', all, 0);
  }
}

function constant(graph: Graph, width: number, combine: 'max' | 'sum'): Value {
  const values = new Float32Array(width).fill(neutral(combine));
  return graph.addInitializer('probe_nothing', Tensor.of('float32', [width], values));
}
