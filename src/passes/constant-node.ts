/** The value of a Constant node, whichever of its attributes holds it. */
import type { Attribute } from '../ir/attribute.ts';
import { memoryBytes } from '../ir/bytes.ts';
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import type { SparseTensorProto } from '../onnx/proto.ts';
import { tensorFromSparse } from '../onnx/sparse.ts';

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

function dense(attribute: Attribute): Tensor | null {
  const sparse = attribute.rest?.['sparse_tensor'] as SparseTensorProto | undefined;
  const tensor = sparse ? tensorFromSparse(sparse, { external: null }) : null;
  return tensor && tensor.byteLength <= DENSE_BYTES ? tensor : null;
}
