/** Messages to ir: names become links, constants become tensors; what llmc does not model is carried in `rest`. */
import { LlmcError } from '../errors.ts';
import type { Attribute } from '../ir/attribute.ts';
import { dtypeOfCode } from '../ir/dtype.ts';
import { Graph } from '../ir/graph.ts';
import { Model, type ModelFunction } from '../ir/model.ts';
import { type TensorType, Value } from '../ir/value.ts';
import { canonicalDomain } from './domain.ts';
import { invalid } from './invalid.ts';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  TypeProto,
  ValueInfoProto,
} from './proto.ts';
import { quoted } from './quoted.ts';
import { tensorFromSparse } from './sparse.ts';
import { type Surroundings, tensorFromProto } from './tensor-from-proto.ts';

/**
 * Builds the model of a decoded ModelProto. No weight is read.
 * @throws LlmcError MODEL_UNREADABLE without a graph; MODEL_INVALID for undefined or doubly defined names and dims that
 * contradict the data; EXTERNAL_DATA for locations that are refused.
 */
export function modelFromProto(proto: ModelProto, surroundings: Surroundings): Model {
  const {
    ir_version,
    opset_import,
    graph,
    functions,
    metadata_props,
    producer_name,
    producer_version,
    ...rest
  } = proto;
  if (!graph)
    throw new LlmcError('MODEL_UNREADABLE', 'there is no graph in it: not an ONNX model', {
      hint: 'give a .onnx file that holds a model (not a tensor, a checkpoint or another format)',
    });
  const model = new Model(Number(ir_version ?? 0), opsetsOf(opset_import));
  model.producerName = producer_name;
  model.producerVersion = producer_version;
  for (const entry of metadata_props ?? []) model.metadata.set(entry.key ?? '', entry.value ?? '');
  model.graph = graphFromProto(graph, null, null, surroundings);
  model.functions = (functions ?? []).map((fn): ModelFunction => {
    const { name, domain, overload, input, output, node, value_info, opset_import: imports, ...others } = fn;
    const body = graphFromProto(
      {
        name: name ?? '',
        node: node ?? [],
        input: (input ?? []).map((text) => ({ name: text })),
        output: (output ?? []).map((text) => ({ name: text })),
        value_info: value_info ?? [],
      },
      null,
      null,
      surroundings,
    );
    return {
      name: name ?? '',
      domain: canonicalDomain(domain),
      overload: overload ?? '',
      graph: body,
      opsets: opsetsOf(imports),
      rest: { ...others, opsetsAsSpelled: imports, domain },
    };
  });
  model.rest = { ...rest, opsetsAsSpelled: opset_import };
  return model;
}

function opsetsOf(imports: readonly OperatorSetIdProto[] | undefined): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const entry of imports ?? []) opsets.set(canonicalDomain(entry.domain), Number(entry.version ?? 0));
  return opsets;
}

/** Names visible from a graph: its own, then those of the graphs around it. */
class Scope {
  readonly values = new Map<string, Value>();
  readonly parent: Scope | null;
  constructor(parent: Scope | null) {
    this.parent = parent;
  }
  find(name: string): Value | null {
    for (let scope: Scope | null = this; scope; scope = scope.parent) {
      const value = scope.values.get(name);
      if (value) return value;
    }
    return null;
  }
}

function graphFromProto(
  proto: GraphProto,
  parent: Graph | null,
  outer: Scope | null,
  surroundings: Surroundings,
): Graph {
  const { name, node, initializer: _, sparse_initializer: __, input, output, value_info, ...rest } = proto;
  const graph = new Graph(parent);
  graph.name = name ?? '';
  graph.rest = { ...rest, hasName: name !== undefined };
  const scope = new Scope(outer);
  const define = (text: string): Value => {
    if (scope.values.has(text))
      throw invalid(`'${quoted(text)}' is defined twice in graph '${quoted(graph.name)}'`);
    const value = new Value(text, graph);
    graph.names.add(text);
    scope.values.set(text, value);
    return value;
  };
  graph.inputs = (input ?? []).map((info) => describe(define(info.name ?? ''), info));
  addInitializers(graph, proto, scope, define, surroundings);
  for (const item of node ?? []) for (const text of item.output ?? []) if (text !== '') define(text);
  for (const item of node ?? []) appendNode(graph, item, scope, surroundings);
  const captured = new Map<Value, ValueInfoProto>();
  graph.outputs = (output ?? []).map((info) => {
    const value = scope.find(info.name ?? '');
    if (!value)
      throw invalid(`output '${quoted(info.name)}' of graph '${quoted(graph.name)}' is produced by nothing`);
    if (value.graph === graph) return describe(value, info);
    value.graph.registerEscape(value);
    captured.set(value, info);
    return value;
  });
  // What a body says of an outer value it hands out is the body's, not the value's.
  if (captured.size > 0) graph.rest = { ...graph.rest, captured };
  graph.valueInfo = (value_info ?? []).flatMap((info) => {
    const value = scope.values.get(info.name ?? '');
    return value && !value.rest ? [describe(value, info)] : [];
  });
  return graph;
}

/**
 * Dense and sparse initializers; those an IR 3 file lists among the inputs are the same values. Sparse ones that are too
 * large to be written out are carried as they are.
 */
function addInitializers(
  graph: Graph,
  proto: GraphProto,
  scope: Scope,
  define: (text: string) => Value,
  surroundings: Surroundings,
): void {
  for (const tensor of proto.initializer ?? []) {
    const text = tensor.name ?? '';
    const listed = scope.values.get(text);
    if (listed?.tensor) throw invalid(`initializer '${quoted(text)}' is defined twice`);
    const value = listed ?? define(text);
    value.tensor = tensorFromProto(tensor, surroundings);
    value.type ??= { dtype: value.tensor.dtype, shape: value.tensor.dims };
    graph.initializers.add(value);
  }
  const carried = (proto.sparse_initializer ?? []).filter((sparse) => {
    const text = sparse.values?.name ?? '';
    const listed = scope.values.get(text);
    if (listed?.tensor) throw invalid(`initializer '${quoted(text)}' is defined twice`);
    const value = listed ?? define(text);
    const tensor = tensorFromSparse(sparse, surroundings);
    if (!tensor) return true;
    value.tensor = tensor;
    value.type ??= { dtype: tensor.dtype, shape: tensor.dims };
    graph.initializers.add(value);
    return false;
  });
  if (carried.length > 0) graph.rest = { ...graph.rest, sparse_initializer: carried };
}

function appendNode(graph: Graph, proto: NodeProto, scope: Scope, surroundings: Surroundings): void {
  const { input, output, name, op_type, attribute, domain, overload, ...rest } = proto;
  const attributes = new Map<string, Attribute>();
  for (const item of attribute ?? [])
    attributes.set(item.name ?? '', attributeFromProto(item, graph, scope, surroundings));
  graph.append({
    op: op_type ?? '',
    domain: canonicalDomain(domain),
    overload,
    name,
    inputs: (input ?? []).map((text) => {
      if (text === '') return null;
      const value = scope.find(text);
      if (!value)
        throw invalid(`node '${quoted(name || op_type)}' reads '${quoted(text)}', which nothing defines`);
      return value;
    }),
    outputs: (output ?? []).map((text) => (text === '' ? null : (scope.values.get(text) ?? null))),
    attributes,
    rest: { ...rest, domain, named: name !== undefined },
  });
}

/** Attribute types by number (onnx.proto, AttributeProto.AttributeType), for the kinds llmc models. */
const KINDS = ['', 'f', 'i', 's', 't', 'g', 'floats', 'ints', 'strings', 'tensors', 'graphs'] as const;

function attributeFromProto(
  proto: AttributeProto,
  graph: Graph,
  scope: Scope,
  surroundings: Surroundings,
): Attribute {
  const {
    name: _,
    type,
    f,
    i,
    s,
    t,
    g,
    floats,
    ints,
    strings,
    tensors,
    graphs,
    ref_attr_name,
    ...others
  } = proto;
  const rest = { ...others, type };
  if (ref_attr_name) return { kind: 'reference', value: ref_attr_name, rest };
  const body = (item: GraphProto): Graph => graphFromProto(item, graph, scope, surroundings);
  // IR 1 and 2 files leave the type out: the field that is there tells.
  switch (type ? KINDS[type] : KINDS.find((kind) => kind !== '' && proto[kind] !== undefined)) {
    case 'f':
      return { kind: 'float', value: f ?? 0, rest };
    case 'i':
      return { kind: 'int', value: i ?? 0, rest };
    case 's':
      return { kind: 'string', value: s ?? new Uint8Array(0), rest };
    case 't':
      if (!t) throw invalid(`attribute '${quoted(proto.name)}' says tensor but has none`);
      return { kind: 'tensor', value: tensorFromProto(t, surroundings), rest };
    case 'g':
      if (!g) throw invalid(`attribute '${quoted(proto.name)}' says graph but has none`);
      return { kind: 'graph', value: body(g), rest };
    case 'floats':
      return { kind: 'floats', value: floats ?? [], rest };
    case 'ints':
      return { kind: 'ints', value: ints ?? [], rest };
    case 'strings':
      return { kind: 'strings', value: strings ?? [], rest };
    case 'tensors':
      return {
        kind: 'tensors',
        value: (tensors ?? []).map((item) => tensorFromProto(item, surroundings)),
        rest,
      };
    case 'graphs':
      return { kind: 'graphs', value: (graphs ?? []).map(body), rest };
    default:
      return { kind: 'other', value: null, rest };
  }
}

function describe(value: Value, info: ValueInfoProto): Value {
  const { name: _, ...rest } = info;
  const type = tensorTypeOf(info.type);
  if (type && !value.tensor) value.type = type;
  // `seen` lets the writer tell a type nobody replaced from a new one.
  value.rest = { ...rest, seen: value.type };
  return value;
}

function tensorTypeOf(type: TypeProto | undefined): TensorType | null {
  const tensor = type?.tensor_type;
  const dtype = tensor ? dtypeOfCode(Number(tensor.elem_type ?? 0)) : null;
  if (!tensor || !dtype) return null;
  const shape = tensor.shape
    ? (tensor.shape.dim ?? []).map((dim) =>
        dim.dim_value !== undefined ? Number(dim.dim_value) : dim.dim_param || null,
      )
    : null;
  return { dtype, shape };
}
