/** Nested lists of numbers as elements of tensors. */
import type { TypedArray } from '../host-tensor.ts';
import type { Field } from './records.ts';

/** Ranks above this are no data. */
const MOST_AXES = 8;

/** The sizes along the first elements; null for what is no number or list of numbers, or nested too deeply. */
export function dimsOf(value: Field): number[] | null {
  const dims: number[] = [];
  let inner = value;
  while (isList(inner)) {
    if (dims.length === MOST_AXES) return null;
    dims.push(inner.length);
    // An empty list says nothing about what it would hold.
    if (inner.length === 0) return dims;
    inner = inner[0];
  }
  return isNumber(inner) ? dims : null;
}

export function isList(value: Field): value is ArrayLike<Field> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** Numbers, and booleans as 0 and 1. */
export function isNumber(value: Field): value is number | bigint | boolean {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
}

/** The largest size of any list at each axis, merged into `dims`. False when lists are nested to another depth. */
export function measure(value: Field, dims: number[], axis = 0): boolean {
  if (!isList(value)) return axis === dims.length;
  if (axis >= dims.length) return false;
  dims[axis] = Math.max(dims[axis] as number, value.length);
  if (axis === dims.length - 1) return true;
  for (let i = 0; i < value.length; i++) if (!measure(value[i], dims, axis + 1)) return false;
  return true;
}

/**
 * Writes a value into a row of a tensor, as far as it reaches; the rest of the row stays as it is.
 * @param data the tensor, `at` the first element of the row
 * @param dims of the row
 * @param exact whether lists must fill their axes
 * @returns what is wrong, in words; null when nothing is
 */
export function writeNested(
  value: Field,
  data: TypedArray,
  at: number,
  dims: readonly number[],
  exact: boolean,
): string | null {
  if (dims.length === 0) return writeNumber(value, data, at);
  if (!isList(value)) return `holds ${word(value)} where other rows have a list`;
  const [size = 0, ...inner] = dims;
  if (exact ? value.length !== size : value.length > size)
    return `has ${value.length} values in a list where other rows have ${size}`;
  if (inner.length === 0) return writeList(value, data, at);
  const stride = inner.reduce((product, dim) => product * dim, 1);
  for (let i = 0; i < value.length; i++) {
    const wrong = writeNested(value[i], data, at + i * stride, inner, exact);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** Numbers in a row, the bulk of all data. */
function writeList(values: ArrayLike<Field>, data: TypedArray, at: number): string | null {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'number' && !(data instanceof BigInt64Array || data instanceof BigUint64Array))
      data[at + i] = value;
    else {
      const wrong = writeNumber(value, data, at + i);
      if (wrong !== null) return wrong;
    }
  }
  return null;
}

function writeNumber(value: Field, data: TypedArray, at: number): string | null {
  if (!isNumber(value))
    return isList(value) ? 'has a list where other rows have a number' : `holds ${word(value)}`;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    if (typeof value === 'number' && !Number.isInteger(value))
      return `holds ${value}, which is no whole number`;
    data[at] = BigInt(value);
  } else data[at] = Number(value);
  return null;
}

/** A value in a message, however large it is. */
export function word(value: Field): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  if (typeof value === 'string')
    return `"${value.length > 20 ? `${value.slice(0, 20)}…` : value}", which is no number`;
  return isList(value) ? 'a list' : 'an object';
}
