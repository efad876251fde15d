/** A copy of a model with one more output: the largest and smallest element of every float32 value, subgraphs included. */
import { type Attribute, int, ints } from '../../ir/attribute.ts';
import { Builder } from '../../ir/builder.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { isConstantNode } from '../../ops/nodes.ts';
import { bodiesOf } from '../../ops/table.ts';
import { unlistConstants } from '../../passes/constants.ts';
import { isFloat32 } from './values.ts';

export interface Probe {
  /** Name of the added output, a float32 vector. */
  readonly output: string;
  /** What its elements belong to, by value name; each value has several. */
  readonly names: readonly string[];
}

/** Where is in ONNX from this opset on. */
export const PROBE_OPSET = 9;

/**
 * Adds the probe to `copy`, a clone of `model`, which knows the types (a clone knows only what the file states).
 * Null when there is nothing to observe.
 * @param finiteOnly leave out infinities and NaN, which takes several times as long
 */
export function addProbe(model: Model, copy: Model, finiteOnly: boolean): Probe | null {
  unlistConstants(copy);
  const builder = new Builder(copy.graph);
  const scalars = {
    flat: builder.ints('probe_flat', [-1]),
    rows: builder.ints('probe_rows', [0]),
    infinity: copy.graph.addInitializer('probe_infinity', Tensor.scalar(Infinity)),
    zero: copy.graph.addInitializer('probe_zero', Tensor.scalar(0)),
  };
  const found = new Prober(model.opset, scalars, finiteOnly).graph(model.graph, copy.graph);
  if (!found) return null;
  copy.graph.outputs.push(found.vector);
  return { output: found.vector.name, names: found.names };
}

type ProbeConstants = Readonly<Record<'flat' | 'rows' | 'infinity' | 'zero', Value>>;

interface Found {
  /** float32 [names.length], in the scope of the graph that was asked about. */
  readonly vector: Value;
  readonly names: readonly string[];
}

class Prober {
  readonly #opset: number;
  readonly #constants: ProbeConstants;
  readonly #finiteOnly: boolean;

  constructor(opset: number, constants: ProbeConstants, finiteOnly: boolean) {
    this.#opset = opset;
    this.#constants = constants;
    this.#finiteOnly = finiteOnly;
  }

  graph(typed: Graph, copy: Graph): Found | null {
    const found: Found[] = [];
    const copies = copy.nodes;
    if (!copy.parent)
      for (const [index, value] of typed.inputs.entries()) {
        const twin = copy.inputs[index];
        if (isFloat32(value) && !value.tensor && twin) found.push(this.#value(value, twin, null));
      }
    for (const [index, node] of typed.nodes.entries()) {
      const twin = copies[index];
      if (!twin || isConstantNode(node)) continue;
      for (const [place, value] of node.outputs.entries()) {
        const made = twin.output(place);
        if (isFloat32(value) && made) found.push(this.#value(value, made, twin));
      }
      const inner = this.#bodies(node, twin);
      if (inner) found.push(inner);
    }
    return join(found, new Builder(copy));
  }

  /** Maximum and minimum, as vectors of one. An empty tensor has none: infinities the wrong way round. */
  #value(value: Value, twin: Value, producer: Node | null): Found {
    const builder = new Builder(twin.graph, producer ? { after: producer } : null);
    const flat = builder.op('Reshape', [twin, this.#constants.flat]);
    const elements = this.#finiteOnly ? this.#finite(flat, builder) : flat;
    const keepdims = { keepdims: int(1) };
    const largest = builder.op('ReduceMax', [elements], { attributes: keepdims });
    const smallest = builder.op('ReduceMin', [elements], { attributes: keepdims });
    const vector = builder.op('Concat', [largest, smallest], { attributes: { axis: int(0) } });
    return { vector, names: [value.name, value.name] };
  }

  /** Infinities and NaN become zero: NaN is not less than infinity either. */
  #finite(flat: Value, builder: Builder): Value {
    const { infinity, zero } = this.#constants;
    const kept = builder.op('Less', [builder.op('Abs', [flat]), infinity]);
    return builder.op('Where', [kept, flat, zero]);
  }

  /** What the bodies of a node found, as one more output of the node. */
  #bodies(node: Node, twin: Node): Found | null {
    const known = bodiesOf(node, this.#opset);
    const found = node.subgraphs.map((body, index) => {
      const copy = twin.subgraphs[index];
      return copy && known ? { body: copy, found: this.graph(body, copy) } : null;
    });
    const names = found.flatMap((each) => each?.found?.names ?? []);
    if (names.length === 0 || !twin.graph) return null;
    const output = twin.graph.value('probe');
    for (const [index, each] of found.entries()) {
      if (!each) continue;
      // Branches must give outputs alike: each has zeros in the places of the other.
      const parts = found.map((other, place) =>
        place === index ? other?.found?.vector : this.#zeros(each.body, other?.found?.names.length ?? 0),
      );
      const present = parts.filter((part) => part !== undefined && part !== null);
      each.body.outputs.push(new Builder(each.body).op('Concat', present, { attributes: { axis: int(0) } }));
    }
    twin.setOutput(twin.outputs.length, output);
    if (!known?.repeated) return { vector: output, names };
    // What each turn found comes stacked: [turns, values]. Maxima and minima become maxima of magnitudes.
    return { vector: this.#largestRow(output, twin), names };
  }

  #zeros(graph: Graph, length: number): Value | null {
    return length === 0
      ? null
      : graph.addInitializer('probe_zeros', Tensor.of('float32', [length], new Float32Array(length)));
  }

  #largestRow(stacked: Value, twin: Node): Value {
    const builder = new Builder(stacked.graph, { after: twin });
    const magnitudes = builder.op('Abs', [stacked]);
    const attributes: Record<string, Attribute> = { keepdims: int(0) };
    if (this.#opset >= 18) return builder.op('ReduceMax', [magnitudes, this.#constants.rows], { attributes });
    return builder.op('ReduceMax', [magnitudes], { attributes: { ...attributes, axes: ints([0]) } });
  }
}

/** What one Concat takes: onnxruntime's time to load one grows with the square of that. */
const FAN_IN = 64;

/** Many vectors as one, in order, by a tree of Concats. */
function join(found: readonly Found[], builder: Builder): Found | null {
  if (found.length === 0) return null;
  const names = found.flatMap((each) => each.names);
  let vectors = found.map(({ vector }) => vector);
  do {
    const wider: Value[] = [];
    for (let start = 0; start < vectors.length; start += FAN_IN)
      wider.push(
        builder.op('Concat', vectors.slice(start, start + FAN_IN), { attributes: { axis: int(0) } }),
      );
    vectors = wider;
  } while (vectors.length > 1);
  return { vector: vectors[0] as Value, names };
}
