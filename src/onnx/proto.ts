/** The ONNX messages as plain objects: exactly the fields a file has, absent ones undefined. */
import type { Int64 } from '../ir/attribute.ts';
import type { ByteSource } from '../ir/bytes.ts';

interface Message {
  /** Fields this version of llmc does not know, as they were on the wire; written back. */
  unknown?: Uint8Array[];
}

export interface StringEntryProto extends Message {
  key?: string;
  value?: string;
}

export interface TensorProto extends Message {
  dims?: Int64[];
  data_type?: number;
  segment?: Message & { begin?: Int64; end?: Int64 };
  /** Packed spans of the typed fields, undecoded: floats and doubles are raw little-endian, integers are varints. */
  float_data?: ByteSource[];
  int32_data?: ByteSource[];
  string_data?: Uint8Array[];
  int64_data?: ByteSource[];
  name?: string;
  doc_string?: string;
  raw_data?: ByteSource;
  external_data?: StringEntryProto[];
  data_location?: number;
  double_data?: ByteSource[];
  uint64_data?: ByteSource[];
  metadata_props?: StringEntryProto[];
}

export interface SparseTensorProto extends Message {
  values?: TensorProto;
  indices?: TensorProto;
  dims?: Int64[];
}

export interface DimensionProto extends Message {
  dim_value?: Int64;
  dim_param?: string;
  denotation?: string;
}

export interface TensorShapeProto extends Message {
  dim?: DimensionProto[];
}

export interface TensorTypeProto extends Message {
  elem_type?: number;
  shape?: TensorShapeProto;
}

export interface TypeProto extends Message {
  tensor_type?: TensorTypeProto;
  sequence_type?: Message & { elem_type?: TypeProto };
  map_type?: Message & { key_type?: number; value_type?: TypeProto };
  denotation?: string;
  opaque_type?: Message & { domain?: string; name?: string };
  sparse_tensor_type?: TensorTypeProto;
  optional_type?: Message & { elem_type?: TypeProto };
}

export interface ValueInfoProto extends Message {
  name?: string;
  type?: TypeProto;
  doc_string?: string;
  metadata_props?: StringEntryProto[];
}

export interface AttributeProto extends Message {
  name?: string;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: number[];
  ints?: Int64[];
  strings?: Uint8Array[];
  tensors?: TensorProto[];
  graphs?: GraphProto[];
  doc_string?: string;
  tp?: TypeProto;
  type_protos?: TypeProto[];
  type?: number;
  ref_attr_name?: string;
  sparse_tensor?: SparseTensorProto;
  sparse_tensors?: SparseTensorProto[];
}

export interface NodeProto extends Message {
  input?: string[];
  output?: string[];
  name?: string;
  op_type?: string;
  attribute?: AttributeProto[];
  doc_string?: string;
  domain?: string;
  overload?: string;
  metadata_props?: StringEntryProto[];
  device_configurations?: Message[];
}

export interface GraphProto extends Message {
  node?: NodeProto[];
  name?: string;
  initializer?: TensorProto[];
  doc_string?: string;
  input?: ValueInfoProto[];
  output?: ValueInfoProto[];
  value_info?: ValueInfoProto[];
  quantization_annotation?: TensorAnnotationProto[];
  sparse_initializer?: SparseTensorProto[];
  metadata_props?: StringEntryProto[];
}

export interface TensorAnnotationProto extends Message {
  tensor_name?: string;
  quant_parameter_tensor_names?: StringEntryProto[];
}

export interface OperatorSetIdProto extends Message {
  domain?: string;
  version?: Int64;
}

export interface FunctionProto extends Message {
  name?: string;
  input?: string[];
  output?: string[];
  attribute?: string[];
  node?: NodeProto[];
  doc_string?: string;
  opset_import?: OperatorSetIdProto[];
  domain?: string;
  attribute_proto?: AttributeProto[];
  value_info?: ValueInfoProto[];
  overload?: string;
  metadata_props?: StringEntryProto[];
}

export interface TrainingInfoProto extends Message {
  initialization?: GraphProto;
  algorithm?: GraphProto;
  initialization_binding?: StringEntryProto[];
  update_binding?: StringEntryProto[];
}

export interface ModelProto extends Message {
  ir_version?: Int64;
  producer_name?: string;
  producer_version?: string;
  domain?: string;
  model_version?: Int64;
  doc_string?: string;
  graph?: GraphProto;
  opset_import?: OperatorSetIdProto[];
  metadata_props?: StringEntryProto[];
  training_info?: TrainingInfoProto[];
  functions?: FunctionProto[];
  configuration?: Message[];
}
