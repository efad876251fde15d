/** Field tables of the ONNX messages (onnx-ml.proto of ONNX 1.23, IR 14): what the codec runs on. */

/**
 * How a field is on the wire. `payload` is bytes that may be large and stay on disk; `packed32`, `packed64` and
 * `packedVarint` are typed tensor data kept as undecoded packed spans.
 */
export type Scalar =
  | 'varint'
  | 'float'
  | 'string'
  | 'bytes'
  | 'payload'
  | 'packed32'
  | 'packed64'
  | 'packedVarint';

export interface Field {
  readonly id: number;
  readonly name: string;
  readonly kind: Scalar | 'message';
  readonly repeated: boolean;
  readonly message: (() => MessageTable) | null;
}

export interface MessageTable {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly byId: readonly (Field | undefined)[];
}

type Spec = Readonly<
  Record<string, readonly [id: number, kind: Scalar | (() => MessageTable), repeated?: '*']>
>;

function table(name: string, spec: Spec): MessageTable {
  const fields = Object.entries(spec)
    .map(([field, [id, kind, repeated]]): Field => {
      const message = typeof kind === 'function' ? kind : null;
      return {
        id,
        name: field,
        kind: typeof kind === 'function' ? 'message' : kind,
        repeated: repeated === '*',
        message,
      };
    })
    .sort((a, b) => a.id - b.id);
  const byId: (Field | undefined)[] = [];
  for (const field of fields) byId[field.id] = field;
  return { name, fields, byId };
}

const stringEntry = table('StringStringEntryProto', { key: [1, 'string'], value: [2, 'string'] });

const segment = table('Segment', { begin: [1, 'varint'], end: [2, 'varint'] });

const tensor = table('TensorProto', {
  dims: [1, 'varint', '*'],
  data_type: [2, 'varint'],
  segment: [3, () => segment],
  float_data: [4, 'packed32', '*'],
  int32_data: [5, 'packedVarint', '*'],
  string_data: [6, 'bytes', '*'],
  int64_data: [7, 'packedVarint', '*'],
  name: [8, 'string'],
  raw_data: [9, 'payload'],
  double_data: [10, 'packed64', '*'],
  uint64_data: [11, 'packedVarint', '*'],
  doc_string: [12, 'string'],
  external_data: [13, () => stringEntry, '*'],
  data_location: [14, 'varint'],
  metadata_props: [16, () => stringEntry, '*'],
});

const sparseTensor = table('SparseTensorProto', {
  values: [1, () => tensor],
  indices: [2, () => tensor],
  dims: [3, 'varint', '*'],
});

const dimension = table('Dimension', {
  dim_value: [1, 'varint'],
  dim_param: [2, 'string'],
  denotation: [3, 'string'],
});
const shape = table('TensorShapeProto', { dim: [1, () => dimension, '*'] });
const tensorType = table('TypeProto.Tensor', { elem_type: [1, 'varint'], shape: [2, () => shape] });
const elementType = table('TypeProto.Sequence', { elem_type: [1, () => type] });
const mapType = table('TypeProto.Map', { key_type: [1, 'varint'], value_type: [2, () => type] });
const opaqueType = table('TypeProto.Opaque', { domain: [1, 'string'], name: [2, 'string'] });
const type: MessageTable = table('TypeProto', {
  tensor_type: [1, () => tensorType],
  sequence_type: [4, () => elementType],
  map_type: [5, () => mapType],
  denotation: [6, 'string'],
  opaque_type: [7, () => opaqueType],
  sparse_tensor_type: [8, () => tensorType],
  optional_type: [9, () => elementType],
});

const valueInfo = table('ValueInfoProto', {
  name: [1, 'string'],
  type: [2, () => type],
  doc_string: [3, 'string'],
  metadata_props: [4, () => stringEntry, '*'],
});

const attribute = table('AttributeProto', {
  name: [1, 'string'],
  f: [2, 'float'],
  i: [3, 'varint'],
  s: [4, 'bytes'],
  t: [5, () => tensor],
  g: [6, () => graph],
  floats: [7, 'float', '*'],
  ints: [8, 'varint', '*'],
  strings: [9, 'bytes', '*'],
  tensors: [10, () => tensor, '*'],
  graphs: [11, () => graph, '*'],
  doc_string: [13, 'string'],
  tp: [14, () => type],
  type_protos: [15, () => type, '*'],
  type: [20, 'varint'],
  ref_attr_name: [21, 'string'],
  sparse_tensor: [22, () => sparseTensor],
  sparse_tensors: [23, () => sparseTensor, '*'],
});

// Sharding details are carried, not read: their inner messages stay opaque bytes.
const deviceConfigurationOfNode = table('NodeDeviceConfigurationProto', {
  configuration_id: [1, 'string'],
  sharding_spec: [2, 'bytes', '*'],
  pipeline_stage: [3, 'varint'],
});

const node = table('NodeProto', {
  input: [1, 'string', '*'],
  output: [2, 'string', '*'],
  name: [3, 'string'],
  op_type: [4, 'string'],
  attribute: [5, () => attribute, '*'],
  doc_string: [6, 'string'],
  domain: [7, 'string'],
  overload: [8, 'string'],
  metadata_props: [9, () => stringEntry, '*'],
  device_configurations: [10, () => deviceConfigurationOfNode, '*'],
});

const annotation = table('TensorAnnotation', {
  tensor_name: [1, 'string'],
  quant_parameter_tensor_names: [2, () => stringEntry, '*'],
});

const graph: MessageTable = table('GraphProto', {
  node: [1, () => node, '*'],
  name: [2, 'string'],
  initializer: [5, () => tensor, '*'],
  doc_string: [10, 'string'],
  input: [11, () => valueInfo, '*'],
  output: [12, () => valueInfo, '*'],
  value_info: [13, () => valueInfo, '*'],
  quantization_annotation: [14, () => annotation, '*'],
  sparse_initializer: [15, () => sparseTensor, '*'],
  metadata_props: [16, () => stringEntry, '*'],
});

const opsetId = table('OperatorSetIdProto', { domain: [1, 'string'], version: [2, 'varint'] });

const fn = table('FunctionProto', {
  name: [1, 'string'],
  input: [4, 'string', '*'],
  output: [5, 'string', '*'],
  attribute: [6, 'string', '*'],
  node: [7, () => node, '*'],
  doc_string: [8, 'string'],
  opset_import: [9, () => opsetId, '*'],
  domain: [10, 'string'],
  attribute_proto: [11, () => attribute, '*'],
  value_info: [12, () => valueInfo, '*'],
  overload: [13, 'string'],
  metadata_props: [14, () => stringEntry, '*'],
});

const trainingInfo = table('TrainingInfoProto', {
  initialization: [1, () => graph],
  algorithm: [2, () => graph],
  initialization_binding: [3, () => stringEntry, '*'],
  update_binding: [4, () => stringEntry, '*'],
});

const deviceConfiguration = table('DeviceConfigurationProto', {
  name: [1, 'string'],
  num_devices: [2, 'varint'],
  device: [3, 'string', '*'],
});

export const modelTable = table('ModelProto', {
  ir_version: [1, 'varint'],
  producer_name: [2, 'string'],
  producer_version: [3, 'string'],
  domain: [4, 'string'],
  model_version: [5, 'varint'],
  doc_string: [6, 'string'],
  graph: [7, () => graph],
  opset_import: [8, () => opsetId, '*'],
  metadata_props: [14, () => stringEntry, '*'],
  training_info: [20, () => trainingInfo, '*'],
  functions: [25, () => fn, '*'],
  configuration: [26, () => deviceConfiguration, '*'],
});

export const tensorTable = tensor;
export const valueInfoTable = valueInfo;
