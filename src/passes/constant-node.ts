/** The value of a Constant node, whichever of its attributes holds it. */
import type { Attribute } from '../ir/attribute.ts';
import { memoryBytes } from '../ir/bytes.ts';
import { byteLengthOf } from '../ir/dtype.ts';
import type { Node } from '../ir/node.ts';
import { sizeOf, Tensor } from '../ir/tensor.ts';
import type { SparseTensorProto } from '../onnx/proto.ts';
import { tensorFromProto } from '../onnx/tensor-from-proto.ts';

/** Sparse constants are expanded up to this many bytes. */
const DENSE_BYTES = 1 << 20;

/** The tensor of a Constant node, whichever attribute holds it; null for large sparse ones and for references. */
export function tensorOf(node: Node): Tensor | null {
  for (const [name, attribute] of node.attributes) {
    const tensor = name === 'sparse_value' ? dense(attribute) : plain(attribute);
    if (tensor) return tensor;
  }
  return null;
}

function plain(attribute: Attribute): Tensor | null {
  const none = memoryBytes(new Uint8Array(0));
  switch (attribute.kind) {
    case 'tensor':
      return attribute.value;
    case 'float':
      return Tensor.scalar(attribute.value);
    case 'floats':
      return Tensor.of('float32', [attribute.value.length], Float32Array.from(attribute.value));
    case 'int':
      return Tensor.of('int64', [], BigInt64Array.of(BigInt(attribute.value)));
    case 'ints':
      return Tensor.of('int64', [attribute.value.length], BigInt64Array.from(attribute.value, BigInt));
    case 'string':
      return new Tensor({ dtype: 'string', dims: [], source: none, strings: [attribute.value] });
    case 'strings':
      return new Tensor({
        dtype: 'string',
        dims: [attribute.value.length],
        source: none,
        strings: attribute.value,
      });
    default:
      return null;
  }
}

/** A sparse tensor written out: `indices` is [count] of flat positions or [count, rank] of coordinates. */
function dense(attribute: Attribute): Tensor | null {
  const sparse = attribute.rest?.['sparse_tensor'] as SparseTensorProto | undefined;
  if (!sparse?.values || !sparse.indices) return null;
  const dims = (sparse.dims ?? []).map(Number);
  const values = tensorFromProto(sparse.values, { external: null });
  const indices = tensorFromProto(sparse.indices, { external: null });
  const byteLength = byteLengthOf(values.dtype, sizeOf(dims));
  const width = values.size === 0 ? 0 : values.source.byteLength / values.size;
  if (byteLength > DENSE_BYTES || values.strings || !Number.isInteger(width)) return null;
  const [from, at] = [values.bytes(), indices.numbers()];
  const out = new Uint8Array(byteLength);
  for (let item = 0; item < values.size; item++) {
    let flat = at[item] ?? 0;
    if (indices.dims.length === 2)
      flat = dims.reduce((sum, dim, axis) => sum * dim + (at[item * dims.length + axis] ?? 0), 0);
    out.set(from.subarray(item * width, (item + 1) * width), flat * width);
  }
  return Tensor.of(values.dtype, dims, out);
}
