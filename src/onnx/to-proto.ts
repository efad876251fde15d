/** ir to messages: the inverse of from-proto; tensors are placed by a callback, inside or outside the file. */
import type { Attribute } from '../ir/attribute.ts';
import { DTYPES } from '../ir/dtype.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model, ModelFunction } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { TensorType, Value } from '../ir/value.ts';
import { canonicalDomain } from './domain.ts';
import type {
  AttributeProto,
  DimensionProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  SparseTensorProto,
  StringEntryProto,
  TensorProto,
  TypeProto,
  ValueInfoProto,
} from './proto.ts';
import { sparseForm } from './sparse.ts';

/** Decides where an initializer's bytes go: null keeps them inside, entries put them into a data file. */
export type Place = (tensor: Tensor, name: string) => StringEntryProto[] | null;

const inside: Place = () => null;

/** The ModelProto of a model; `place` is asked for every initializer of every graph. */
export function modelToProto(model: Model, place: Place = inside): ModelProto {
  return { ...shellToProto(model, place), graph: graphToProto(model.graph, place) };
}

/** The ModelProto without its graph: versions, imports, functions, metadata. */
export function shellToProto(model: Model, place: Place = inside): ModelProto {
  const { opsetsAsSpelled, ...rest } = model.rest ?? {};
  const proto: ModelProto = { ...rest };
  if (model.irVersion !== 0) proto.ir_version = model.irVersion;
  if (model.producerName !== undefined) proto.producer_name = model.producerName;
  if (model.producerVersion !== undefined) proto.producer_version = model.producerVersion;
  if (model.opsets.size > 0) proto.opset_import = opsetImports(model.opsets, opsetsAsSpelled);
  if (model.metadata.size > 0)
    proto.metadata_props = [...model.metadata].map(([key, value]) => ({ key, value }));
  if (model.functions.length > 0) proto.functions = model.functions.map((fn) => functionToProto(fn, place));
  return proto;
}

/** Imports nobody changed keep their spelling: '' and 'ai.onnx' are the same domain, present or left out. */
function opsetImports(opsets: ReadonlyMap<string, number>, asSpelled: unknown): OperatorSetIdProto[] {
  const known = new Map(
    ((asSpelled ?? []) as readonly OperatorSetIdProto[]).map((entry) => [
      canonicalDomain(entry.domain),
      entry,
    ]),
  );
  return [...opsets].map(([domain, version]) => ({ ...(known.get(domain) ?? { domain }), version }));
}

function functionToProto(fn: ModelFunction, place: Place): FunctionProto {
  const { opsetsAsSpelled, domain, ...rest } = fn.rest ?? {};
  const proto: FunctionProto = { ...rest, name: fn.name };
  if (typeof domain === 'string' || fn.domain !== '')
    proto.domain = fn.rest ? String(domain ?? '') : fn.domain;
  const body = graphToProto(fn.graph, place);
  if (fn.overload !== '') proto.overload = fn.overload;
  proto.input = fn.graph.inputs.map((value) => value.name);
  proto.output = fn.graph.outputs.map((value) => value.name);
  if (body.node) proto.node = body.node;
  if (body.value_info) proto.value_info = body.value_info;
  if (fn.opsets.size > 0) proto.opset_import = opsetImports(fn.opsets, opsetsAsSpelled);
  return proto;
}

/** The GraphProto of a graph, its subgraphs included. */
export function graphToProto(graph: Graph, place: Place): GraphProto {
  const { hasName, captured, ...rest } = graph.rest ?? {};
  const proto: GraphProto = { ...rest };
  if (graph.name !== '' || hasName) proto.name = graph.name;
  const nodes = graph.nodes.map((node) => nodeToProto(node, place));
  if (nodes.length > 0) proto.node = nodes;
  const initializers: TensorProto[] = [];
  const sparse: SparseTensorProto[] = [];
  for (const { name, tensor } of graph.initializers) {
    const form = tensor && sparseForm(tensor);
    if (form) sparse.push({ ...form, values: { ...form.values, name } });
    else if (tensor) initializers.push(initializerToProto(tensor, name, place));
  }
  if (initializers.length > 0) proto.initializer = initializers;
  if (sparse.length > 0) proto.sparse_initializer = [...sparse, ...(proto.sparse_initializer ?? [])];
  if (graph.inputs.length > 0) proto.input = graph.inputs.map(valueInfoToProto);
  if (graph.outputs.length > 0)
    proto.output = graph.outputs.map((value) =>
      value.graph === graph ? valueInfoToProto(value) : capturedInfo(value, captured),
    );
  const listed = graph.valueInfo.filter((value) => isAlive(value, graph)).map(valueInfoToProto);
  if (listed.length > 0) proto.value_info = listed;
  return proto;
}

/** The ValueInfo of an outer value that a body hands out: what the file said there, under the present name. */
function capturedInfo(value: Value, captured: unknown): ValueInfoProto {
  const said = captured instanceof Map ? (captured.get(value) as ValueInfoProto | undefined) : undefined;
  return { ...said, name: value.name };
}

/** A hint about a value that is gone, or that became an input or output, has no place in value_info. */
function isAlive(value: Value, graph: Graph): boolean {
  return value.producer?.graph === graph || (value.tensor !== null && graph.initializers.has(value));
}

/** The NodeProto of a node, its subgraphs included. */
function nodeToProto(node: Node, place: Place): NodeProto {
  const { domain: spelled, named, ...rest } = node.rest ?? {};
  const proto: NodeProto = { ...rest, op_type: node.op };
  if (node.inputs.length > 0) proto.input = node.inputs.map((value) => value?.name ?? '');
  if (node.outputs.length > 0) proto.output = node.outputs.map((value) => value?.name ?? '');
  if (node.name !== '' || named) proto.name = node.name;
  if (typeof spelled === 'string') proto.domain = spelled;
  else if (node.domain !== '') proto.domain = node.domain;
  if (node.overload !== '') proto.overload = node.overload;
  if (node.attributes.size > 0)
    proto.attribute = [...node.attributes].map(([name, attribute]) =>
      attributeToProto(name, attribute, place),
    );
  return proto;
}

function attributeToProto(name: string, attribute: Attribute, place: Place): AttributeProto {
  const proto: AttributeProto = { ...attribute.rest, name };
  // A file of IR 1 or 2 has no type; one we made always has.
  const typed = (type: number): void => {
    if (!attribute.rest || attribute.rest['type'] !== undefined) proto.type = type;
    else delete proto.type;
  };
  switch (attribute.kind) {
    case 'float':
      typed(1);
      proto.f = attribute.value;
      break;
    case 'int':
      typed(2);
      proto.i = attribute.value;
      break;
    case 'string':
      typed(3);
      proto.s = attribute.value;
      break;
    case 'tensor':
      typed(4);
      proto.t = tensorToProto(attribute.value);
      break;
    case 'graph':
      typed(5);
      proto.g = graphToProto(attribute.value, place);
      break;
    case 'floats':
      typed(6);
      proto.floats = [...attribute.value];
      break;
    case 'ints':
      typed(7);
      proto.ints = [...attribute.value];
      break;
    case 'strings':
      typed(8);
      proto.strings = [...attribute.value];
      break;
    case 'tensors':
      typed(9);
      proto.tensors = attribute.value.map((tensor) => tensorToProto(tensor));
      break;
    case 'graphs':
      typed(10);
      proto.graphs = attribute.value.map((graph) => graphToProto(graph, place));
      break;
    case 'reference':
      proto.ref_attr_name = attribute.value;
      break;
    case 'other':
      break;
  }
  if (proto.type === undefined) delete proto.type;
  return proto;
}

function initializerToProto(tensor: Tensor, name: string, place: Place): TensorProto {
  const external = place(tensor, name);
  const proto: TensorProto = { ...tensorToProto(tensor), name };
  if (!external) return proto;
  const { raw_data, float_data, int32_data, int64_data, double_data, uint64_data, ...head } = proto;
  return { ...head, external_data: external, data_location: 1 };
}

/** A TensorProto with its data inside: as the file had it when it came inside a file, else as raw_data. */
export function tensorToProto(tensor: Tensor): TensorProto {
  const rest = sparseForm(tensor) ? null : (tensor.rest as TensorProto | null);
  if (rest && Number(rest.data_location ?? 0) !== 1) return { ...rest };
  const { external_data, data_location, ...others } = rest ?? {};
  const proto: TensorProto = { ...others, data_type: DTYPES[tensor.dtype].code };
  if (tensor.dims.length > 0) proto.dims = [...tensor.dims];
  if (tensor.strings) proto.string_data = [...tensor.strings];
  else proto.raw_data = tensor.source;
  return proto;
}

function valueInfoToProto(value: Value): ValueInfoProto {
  const { seen, ...rest } = value.rest ?? {};
  const proto: ValueInfoProto = { ...rest, name: value.name };
  const untouched = value.rest !== null && seen === value.type;
  if (!untouched && value.type) proto.type = typeToProto(value.type);
  return proto;
}

/** The TypeProto of a tensor type. */
export function typeToProto(type: TensorType): TypeProto {
  const elem_type = DTYPES[type.dtype].code;
  if (!type.shape) return { tensor_type: { elem_type } };
  const dim = type.shape.map((size): DimensionProto => {
    if (typeof size === 'number') return { dim_value: size };
    return size === null ? {} : { dim_param: size };
  });
  return { tensor_type: { elem_type, shape: { dim } } };
}
