/** A copy of a model whose outputs are the values one wants to see, those inside control flow included. */
import { int } from '../../ir/attribute.ts';
import { Builder } from '../../ir/builder.ts';
import { DTYPES } from '../../ir/dtype.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { cloneModel } from '../../onnx/read.ts';
import { bodiesOf } from '../../ops/table.ts';

export interface Exposure {
  readonly model: Model;
  /** The wanted value behind each output. */
  readonly outputs: ReadonlyMap<string, Value>;
}

/** A value of the copy in the scope at hand, and the one of the model that it stands for. */
interface Seen {
  readonly visible: Value;
  readonly original: Value;
}

/**
 * The outputs of the copy are `wanted` and nothing else. A value of a branch that is not taken comes out empty; those
 * of a loop come out stacked, a turn a row (such a run fails where their shape changes from turn to turn).
 * Types must be known.
 */
export function expose(model: Model, wanted: ReadonlySet<Value>): Exposure {
  const copy = cloneModel(model);
  const seen = seenIn(model.graph, copy.graph, { wanted, opset: model.opset });
  const outputs = new Map<string, Value>();
  copy.graph.outputs = seen.map(({ visible, original }) => {
    const readable = original.dtype === 'bfloat16' ? inFloats(visible) : visible;
    // onnxruntime finds the type itself; the file's may be wrong.
    readable.type = null;
    readable.rest = null;
    outputs.set(readable.name, original);
    return readable;
  });
  return { model: copy, outputs };
}

/** JavaScript has no bfloat16 and the runtime's binding hands none out. */
function inFloats(value: Value): Value {
  return new Builder(value.graph).op('Cast', [value], { attributes: { to: int(DTYPES.float32.code) } });
}

interface Search {
  readonly wanted: ReadonlySet<Value>;
  readonly opset: number;
}

function seenIn(original: Graph, copy: Graph, search: Search): Seen[] {
  const seen: Seen[] = [];
  const twins = copy.nodes;
  for (const [index, node] of original.nodes.entries()) {
    const twin = twins[index] as Node;
    for (const [place, value] of node.outputs.entries()) {
      const visible = twin.output(place);
      if (value && visible && search.wanted.has(value)) seen.push({ visible, original: value });
    }
    seen.push(...liftBodies(node, twin, search));
  }
  return seen;
}

/** Hands what the bodies of a node show out of the node. */
function liftBodies(node: Node, twin: Node, search: Search): Seen[] {
  const facts = bodiesOf(node, search.opset);
  if (!facts) return [];
  const bodies = twin.subgraphs;
  const inner = node.subgraphs.map((body, index) => seenIn(body, bodies[index] as Graph, search));
  return inner.flatMap((shown, index) => {
    return shown.map(({ visible, original }) => {
      // Branches must have as many outputs as each other, and an output has one name.
      for (const [other, body] of bodies.entries())
        body.outputs.push(other === index ? renamed(visible, body) : nothing(body, original));
      const outer = (twin.graph as Graph).value(`${visible.name}_seen`);
      twin.setOutput((bodies[0]?.outputs.length ?? 0) - facts.inside - 1, outer);
      return { visible: outer, original };
    });
  });
}

/** The value under a name of its own where it is an output of the body already. */
function renamed(value: Value, body: Graph): Value {
  if (body.outputs.includes(value)) return new Builder(body).op('Identity', [value]);
  value.type = null;
  value.rest = null;
  return value;
}

function nothing(body: Graph, original: Value): Value {
  const dtype = original.dtype ?? 'float32';
  return body.addInitializer('nothing', Tensor.of(dtype, [0], new Uint8Array(0)));
}
