/** What people write in JavaScript for a tensor: typed arrays, nested arrays, numbers, `{ data, dims, dtype }`. */
import { elementCount, type HostTensor, isArrayDtype, type TypedArray } from '../host-tensor.ts';

export interface Found {
  readonly tensor: HostTensor;
  /** The values are plain numbers: what type is meant, the model knows. */
  readonly untyped: boolean;
}

const DTYPES: readonly (readonly [new (length: number) => TypedArray, string])[] = [
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int8Array, 'int8'],
  [Int16Array, 'int16'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
  [Uint8Array, 'uint8'],
  [Uint16Array, 'uint16'],
  [Uint32Array, 'uint32'],
  [BigUint64Array, 'uint64'],
];

/** @throws Error that says what is wrong with the value */
export function toTensor(value: unknown): Found {
  if (isRecord(value) && 'data' in value) return described(value);
  const typed = typedDtype(value);
  if (typed)
    return { tensor: { dtype: typed.dtype, dims: [typed.data.length], data: typed.data }, untyped: false };
  const dims = dimsOf(value);
  return fromLeaves(flat(value, dims), dims);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function typedDtype(value: unknown): { readonly dtype: string; readonly data: TypedArray } | null {
  for (const [kind, dtype] of DTYPES) if (value instanceof kind) return { dtype, data: value };
  return null;
}

/** `dims` and `type` may also be called as onnxruntime's tensors call them. */
function described(value: Readonly<Record<string, unknown>>): Found {
  const found = toTensor(value['data']);
  const given = value['dims'] ?? found.tensor.dims;
  if (!Array.isArray(given) || !given.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
    throw new Error('its dims are no list of whole numbers');
  const dims = given.map(Number);
  const count = found.tensor.data.length;
  if (elementCount(dims) !== count)
    throw new Error(`its dims [${dims.join(',')}] want ${elementCount(dims)} values, it has ${count}`);
  const dtype = value['dtype'] ?? value['type'];
  if (dtype === undefined || dtype === found.tensor.dtype)
    return { tensor: { ...found.tensor, dims }, untyped: found.untyped && dtype === undefined };
  const { data } = found.tensor;
  // Bit patterns of half precision and truth values come in integers of their width.
  if (
    (dtype === 'float16' && data instanceof Uint16Array) ||
    (dtype === 'bool' && data instanceof Uint8Array)
  )
    return { tensor: { dtype, dims, data }, untyped: false };
  if (typeof dtype !== 'string' || !isArrayDtype(dtype) || !found.untyped)
    throw new Error(`its values are ${found.tensor.dtype}, not ${String(dtype)}`);
  return { tensor: { ...found.tensor, dims }, untyped: true };
}

/** Dims of nested arrays, from their first elements. */
function dimsOf(value: unknown): number[] {
  if (!Array.isArray(value)) return typedDtype(value) ? [(value as TypedArray).length] : [];
  return [value.length, ...(value.length > 0 ? dimsOf(value[0]) : [])];
}

function flat(value: unknown, dims: readonly number[]): unknown[] {
  const [length, ...inner] = dims;
  if (length === undefined) {
    if (Array.isArray(value)) throw new Error('its lists are nested unevenly');
    return [value];
  }
  const list = Array.isArray(value) ? value : typedDtype(value)?.data;
  if (list === undefined || list.length !== length) throw new Error('its lists have different lengths');
  return inner.length === 0 && !Array.isArray(list)
    ? Array.from(list as ArrayLike<unknown>)
    : Array.from(list as ArrayLike<unknown>).flatMap((part) => flat(part, inner));
}

function fromLeaves(leaves: readonly unknown[], dims: readonly number[]): Found {
  const numbers = leaves.filter((leaf) => typeof leaf === 'number');
  if (numbers.length === leaves.length)
    return { tensor: { dtype: 'float64', dims, data: Float64Array.from(numbers) }, untyped: true };
  const large = leaves.filter((leaf) => typeof leaf === 'bigint');
  if (large.length === leaves.length)
    return { tensor: { dtype: 'int64', dims, data: BigInt64Array.from(large) }, untyped: false };
  if (leaves.every((leaf) => typeof leaf === 'boolean'))
    return { tensor: { dtype: 'bool', dims, data: Uint8Array.from(leaves, Number) }, untyped: false };
  const texts = leaves.filter((leaf) => typeof leaf === 'string');
  if (texts.length === leaves.length)
    return { tensor: { dtype: 'string', dims, data: texts }, untyped: false };
  const odd = leaves.find((leaf) => typeof leaf !== typeof leaves[0]) ?? leaves[0];
  throw new Error(`it holds ${odd === null ? 'null' : `a value of type ${typeof odd}`}`);
}
