/** Element types of parquet's columns in ONNX's words. */
import type { SchemaTree } from 'hyparquet';

/** What narrows or reinterprets the physical type (parquet-format, LogicalTypes.md, "Numeric Types"). */
const CONVERTED: Readonly<Record<string, string>> = {
  INT_8: 'int8',
  INT_16: 'int16',
  INT_32: 'int32',
  INT_64: 'int64',
  UINT_8: 'uint8',
  UINT_16: 'uint16',
  UINT_32: 'uint32',
  UINT_64: 'uint64',
  DECIMAL: 'float64',
};

const PHYSICAL: Readonly<Record<string, string>> = {
  BOOLEAN: 'bool',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT: 'float32',
  DOUBLE: 'float64',
};

/** The element type of a column, or of the elements of its lists; undefined for what is no number. */
export function dtypeOfColumn(column: SchemaTree): string | undefined {
  const { element, repeated } = leafOf(column);
  if (!element || repeated) return undefined;
  const { type, converted_type, logical_type } = element.element;
  if (logical_type?.type === 'FLOAT16') return 'float32';
  if (logical_type?.type === 'INTEGER')
    return `${logical_type.isSigned ? '' : 'u'}int${logical_type.bitWidth}`;
  if (logical_type?.type === 'DECIMAL') return 'float64';
  if (converted_type !== undefined) return CONVERTED[converted_type];
  // Times and the like are no numbers, although they are stored as such.
  return logical_type === undefined && type !== undefined ? PHYSICAL[type] : undefined;
}

/** Whether rows of the column may differ in size: text and lists. */
export function hasLength(column: SchemaTree): boolean {
  return column.children.length > 0 || column.element.type === 'BYTE_ARRAY';
}

/** The only leaf; none where a column has several fields. */
function leafOf(column: SchemaTree): { element: SchemaTree | undefined; repeated: boolean } {
  let element = column;
  while (element.children.length > 0) {
    const [child, ...others] = element.children;
    if (!child || others.length > 0) return { element: undefined, repeated: true };
    element = child;
  }
  return { element, repeated: false };
}
