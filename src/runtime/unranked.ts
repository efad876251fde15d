/** Inputs whose rank a model does not state: to onnxruntime they look like scalars, and kernels may abort on one. */
import type { ByteSource } from '../ir/bytes.ts';
import { decodeProto } from '../onnx/read.ts';

/** Their names, from the model's file or bytes. */
export function unrankedInputs(source: ByteSource): ReadonlySet<string> {
  const inputs = decodeProto(source).graph?.input ?? [];
  const unranked = inputs.filter(({ type }) => type?.tensor_type && !type.tensor_type.shape);
  return new Set(unranked.map(({ name }) => name ?? ''));
}
