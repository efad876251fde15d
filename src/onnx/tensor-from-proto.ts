/** TensorProto to Tensor: where the bytes are, and whether there are as many as the dims say. */
import { memoryBytes } from '../ir/bytes.ts';
import { byteLengthOf, dtypeOfCode } from '../ir/dtype.ts';
import { sizeOf, Tensor } from '../ir/tensor.ts';
import type { ExternalFiles } from './external.ts';
import { invalid } from './invalid.ts';
import type { TensorProto } from './proto.ts';
import { quoted } from './quoted.ts';
import { typedData } from './typed-data.ts';

/** Where tensors of this model may find their external data; null for models that live in memory. */
export interface Surroundings {
  readonly external: ExternalFiles | null;
}

/** No disk holds more, and sizes in bytes stay exact numbers. */
const MOST_ELEMENTS = 2 ** 43;

function shown(dims: readonly number[]): string {
  return dims.length > 8 ? `${dims.slice(0, 8).join(', ')}, ... ${dims.length} in all` : dims.join(', ');
}

/**
 * The tensor of a TensorProto; its bytes are not read.
 * @throws LlmcError MODEL_INVALID for unknown types, impossible dims, or data of another size than the dims say
 */
export function tensorFromProto(proto: TensorProto, surroundings: Surroundings): Tensor {
  const name = quoted(proto.name);
  const dtype = dtypeOfCode(Number(proto.data_type ?? 0));
  if (!dtype)
    throw invalid(`tensor '${name}' has element type ${proto.data_type ?? 0}, which ONNX does not define`);
  const dims = (proto.dims ?? []).map(Number);
  const elements = sizeOf(dims);
  if (dims.some((dim) => !(dim >= 0)) || !(elements <= MOST_ELEMENTS))
    throw invalid(`tensor '${name}' has impossible dims [${shown(dims)}]`);
  if (dtype === 'string') {
    const strings = proto.string_data ?? [];
    if (strings.length !== elements)
      throw invalid(`tensor '${name}' has ${strings.length} strings, needs ${elements}`);
    return new Tensor({ dtype, dims, source: memoryBytes(new Uint8Array(0)), strings, rest: { ...proto } });
  }
  const byteLength = byteLengthOf(dtype, elements);
  if (Number(proto.data_location ?? 0) === 1) {
    if (!surroundings.external)
      throw invalid(`tensor '${name}' refers to a file, but the model is not in one`);
    return new Tensor({
      dtype,
      dims,
      source: surroundings.external.source(proto, byteLength),
      rest: { ...proto },
    });
  }
  const source = proto.raw_data ?? typedData(proto, dtype, elements) ?? memoryBytes(new Uint8Array(0));
  if (source.byteLength !== byteLength)
    throw invalid(
      `tensor '${name}' of ${dtype}[${shown(dims)}] has ${source.byteLength} bytes, needs ${byteLength}`,
    );
  return new Tensor({ dtype, dims, source, rest: { ...proto } });
}
