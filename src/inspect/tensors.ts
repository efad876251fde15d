/** The constants of a model, wherever they live: initializers and tensors inside nodes, in subgraphs and functions. */
import type { DType } from '../ir/dtype.ts';
import { isFloat } from '../ir/dtype.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import { allGraphs } from '../ir/walk.ts';
import { storedBytes } from '../onnx/sparse.ts';

export interface StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly bytes: number;
  /** How many weights it holds; packed codes of 2 to 8 bits count one by one. */
  readonly elements: number;
  /** True for weights, false for shapes, indices, flags and text. */
  readonly parameter: boolean;
  readonly place: 'initializer' | 'node';
  /** Empty in the main graph, else the name of the subgraph or function. */
  readonly graph: string;
  /** The data file it is in, when that is not the model file. */
  readonly file: string | null;
  /** Operators that use it, each once. */
  readonly users: readonly string[];
  readonly useCount: number;
  readonly tensor: Tensor;
}

/** All constants, largest first. Reads no weights. */
export function storedTensors(model: Model, modelPath: string): StoredTensor[] {
  const found: StoredTensor[] = [];
  for (const graph of allGraphs(model)) {
    const place = { graph: graph === model.graph ? '' : graph.name || 'subgraph', modelPath };
    found.push(...initializers(graph, place));
    for (const node of graph) found.push(...inNode(node, place));
  }
  return found.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

interface Place {
  readonly graph: string;
  readonly modelPath: string;
}

function* initializers(graph: Graph, place: Place): Generator<StoredTensor> {
  for (const { name, tensor, uses } of graph.initializers)
    if (tensor) yield describe(name, tensor, 'initializer', uses, place);
}

function* inNode(node: Node, place: Place): Generator<StoredTensor> {
  for (const [key, attribute] of node.attributes) {
    const tensors =
      attribute.kind === 'tensor' ? [attribute.value] : attribute.kind === 'tensors' ? attribute.value : [];
    const output = node.output();
    const isValue = key === 'value' && output !== null;
    for (const tensor of tensors)
      yield describe(
        isValue ? output.name : `${node.label} ${key}`,
        tensor,
        'node',
        isValue ? output.uses : [{ node, index: -1 }],
        place,
      );
  }
}

function describe(
  name: string,
  tensor: Tensor,
  kind: StoredTensor['place'],
  uses: readonly { readonly node: Node; readonly index: number }[],
  { graph, modelPath }: Place,
): StoredTensor {
  const file = tensor.source.file?.path ?? modelPath;
  return {
    name,
    dtype: tensor.dtype,
    dims: tensor.dims,
    bytes: storedBytes(tensor),
    elements: elementsOf(tensor, uses),
    parameter: isParameter(tensor),
    place: kind,
    graph,
    file: file === modelPath ? null : file,
    users: [...new Set(uses.map((use) => use.node.opType))],
    useCount: uses.length,
    tensor,
  };
}

/** Operators on blocked weights state how many bits one code has; several share a byte then. */
function elementsOf(tensor: Tensor, uses: readonly { readonly node: Node }[]): number {
  const bits = tensor.dtype === 'uint8' ? Math.max(0, ...uses.map(({ node }) => node.int('bits', 0))) : 0;
  return bits > 0 && bits < 8 ? Math.floor((tensor.size * 8) / bits) : tensor.size;
}

function isParameter({ dtype }: Tensor): boolean {
  return isFloat(dtype) || /^(u?int[248]|float[468])/.test(dtype);
}
