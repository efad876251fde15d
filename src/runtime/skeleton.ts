/** Skeletons: a model as onnxruntime may look at it cheaply, with large constants turned into typed inputs. */
import { DTYPES } from '../ir/dtype.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Shape, TensorType, Value } from '../ir/value.ts';
import { dependencies } from '../ir/walk.ts';
import { encode } from '../onnx/encode.ts';
import type { GraphProto, ModelProto, TensorProto, ValueInfoProto } from '../onnx/proto.ts';
import { modelTable } from '../onnx/schema.ts';
import { graphToProto, shellToProto, typeToProto } from '../onnx/to-proto.ts';
import { joinParts } from '../onnx/write.ts';
import { heldBy } from '../ops/nodes.ts';

/** Constants up to this size stay: shapes, axes and scales decide shapes, weights do not. */
const KEPT_BYTES = 2048;

/** The pieces of a skeleton while it is put together: what is fed, what stays constant. */
class Pieces {
  readonly inputs = new Map<string, ValueInfoProto>();
  readonly kept: TensorProto[] = [];
  readonly #sizes: Readonly<Record<string, number>>;

  constructor(sizes: Readonly<Record<string, number>>) {
    this.#sizes = sizes;
  }

  feed(name: string, type: TensorType | null, stated?: ValueInfoProto): void {
    const info = type
      ? { name, type: typeToProto({ ...type, shape: bind(type.shape, this.#sizes) }) }
      : (stated ?? { name });
    this.inputs.set(name, info);
  }

  constant(name: string, tensor: Tensor, stated?: TensorProto): void {
    if (tensor.byteLength > KEPT_BYTES) this.feed(name, typeOf(tensor));
    else this.kept.push(stated ?? asInitializer(tensor, name));
  }
}

/**
 * One graph of a model as a model of its own: what it captures from outside becomes inputs, and every value it
 * computes becomes an output, untyped, so that onnxruntime says what it is.
 * @param sizes concrete sizes for symbolic dims of the inputs, when wanted
 */
export function skeletonOf(
  model: Model,
  graph: Graph,
  sizes: Readonly<Record<string, number>> = {},
): Uint8Array {
  // Nothing is read here: payloads of large constants are references, dropped below.
  const proto = graphToProto(graph, () => null);
  const pieces = new Pieces(sizes);
  const stated = new Map((proto.input ?? []).map((info) => [info.name ?? '', info]));
  const statedTensors = new Map((proto.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]));
  for (const value of graph.inputs)
    if (!value.tensor) pieces.feed(value.name, value.type, stated.get(value.name));
  // onnxruntime drops unused initializers before it looks at them, and trips over what is left.
  for (const value of graph.initializers)
    if (value.tensor && value.useCount > 0)
      pieces.constant(value.name, value.tensor, statedTensors.get(value.name));
  for (const value of captured(graph))
    if (value.tensor) pieces.constant(value.name, value.tensor);
    else pieces.feed(value.name, value.type);
  // All others are constants like any.
  const carried = graph.rest?.['sparse_initializer'] as GraphProto['sparse_initializer'];
  const outputs = graph.nodes.flatMap((node) => computedNames(node, pieces));
  const { metadata_props: _metadata, training_info: _training, ...shell } = shellToProto(model);
  const whole: ModelProto = {
    ...shell,
    graph: {
      name: proto.name ?? 'skeleton',
      node: (proto.node ?? [])
        .filter(({ output }) => !output?.some((name) => pieces.inputs.has(name)))
        // Exporters write more text about a node than there is node.
        .map(({ doc_string: _doc, metadata_props: _notes, ...node }) => node),
      initializer: pieces.kept,
      ...(carried ? { sparse_initializer: carried } : {}),
      input: [...pieces.inputs.values()],
      output: outputs.map((name) => ({ name })),
    },
  };
  return joinParts(encode(modelTable, whole));
}

/** The outputs of a node by name; a large Constant node computes nothing and is fed instead. */
function computedNames(node: Node, pieces: Pieces): string[] {
  const constant = largeConstant(node);
  if (constant) for (const value of node.outputs) if (value) pieces.feed(value.name, typeOf(constant));
  return constant ? [] : node.outputs.flatMap((value) => (value ? [value.name] : []));
}

function largeConstant(node: Node): Tensor | null {
  const tensor = heldBy(node);
  return tensor && tensor.byteLength > KEPT_BYTES && !tensor.strings ? tensor : null;
}

function bind(shape: Shape | null, sizes: Readonly<Record<string, number>>): Shape | null {
  return shape?.map((dim) => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim)) ?? null;
}

function typeOf(tensor: Tensor): TensorType {
  return { dtype: tensor.dtype, shape: tensor.dims };
}

function asInitializer(tensor: Tensor, name: string): TensorProto {
  return { name, dims: [...tensor.dims], data_type: DTYPES[tensor.dtype].code, raw_data: tensor.source };
}

/** Values of outer scopes that the graph or its subgraphs use. */
export function captured(graph: Graph): Set<Value> {
  const inner = new Set<Graph>([graph]);
  const found = new Set<Value>();
  const visit = (current: Graph): void => {
    for (const node of current)
      for (const body of node.subgraphs) {
        inner.add(body);
        visit(body);
      }
  };
  visit(graph);
  for (const node of graph)
    for (const value of dependencies(node)) if (!inner.has(value.graph)) found.add(value);
  for (const value of graph.outputs) if (!inner.has(value.graph)) found.add(value);
  return found;
}
