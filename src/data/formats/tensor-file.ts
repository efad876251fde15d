/** A tensor in a file of its own, as ONNX stores test data: one TensorProto message. */
import { readFile } from 'node:fs/promises';
import { LlmcError } from '../../errors.ts';
import { memoryBytes } from '../../ir/bytes.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { TensorProto } from '../../onnx/proto.ts';
import { tensorTable } from '../../onnx/schema.ts';
import { tensorFromProto } from '../../onnx/tensor-from-proto.ts';
import { decodeText } from '../../onnx/text.ts';
import { decode } from '../../onnx/wire.ts';
import { allocate, type HostTensor } from '../host-tensor.ts';

export interface NamedTensor extends HostTensor {
  /** Empty where the file has none. */
  readonly name: string;
}

/** LlmcError FILE_NOT_FOUND; DATA when it is no tensor, or of a type that no data has. */
export async function readTensorFile(path: string): Promise<NamedTensor> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new LlmcError('FILE_NOT_FOUND', `cannot read ${path}`, { hint: 'check the path', cause });
  });
  try {
    const proto = decode(tensorTable, memoryBytes(bytes)) as TensorProto;
    return { name: proto.name ?? '', ...hostTensor(tensorFromProto(proto, { external: null })) };
  } catch (cause) {
    if (!(cause instanceof LlmcError)) throw cause;
    throw new LlmcError('DATA', `cannot read ${path}: ${cause.message}`, {
      hint: 'such files hold one TensorProto each; sequences and optionals are not read',
      cause,
    });
  }
}

function hostTensor(tensor: Tensor): HostTensor {
  const { dtype, dims, strings } = tensor;
  if (strings) return { dtype, dims, data: strings.map(decodeText) };
  const data = allocate(dtype, tensor.size);
  new Uint8Array(data.buffer).set(tensor.bytes());
  return { dtype, dims, data };
}
