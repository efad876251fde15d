/**
 * Element types of operators: `T, int64, T? -> T` and what follows from it.
 *
 * A capitalized name is a variable: all tensors that have it share one element type, and change it together. A small
 * name is the type itself; `a|b` is one of several that the data does not decide. `?` marks an optional tensor, `*` one
 * or more. `@attribute` is the type an attribute names (by code, or that of its tensor), `@attribute=type` has a
 * default. `any` is a tensor or container that nothing is said about.
 */
import { DTYPES, type DType, dtypeOfCode } from '../ir/dtype.ts';
import type { Node } from '../ir/node.ts';
import { specOf } from './table.ts';

export type ElementType =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'fixed'; readonly dtype: DType }
  | { readonly kind: 'attribute'; readonly name: string; readonly fallback: DType | null }
  /** One of several, or a container. */
  | { readonly kind: 'open' };

export interface ElementTypes {
  readonly inputs: readonly ElementType[];
  readonly outputs: readonly ElementType[];
}

const cache = new Map<string, ElementTypes>();

/** Parses once and remembers; Error for a text that is no type signature. */
export function parseElementTypes(text: string): ElementTypes {
  let parsed = cache.get(text);
  if (!parsed) {
    const sides = text.split('->');
    if (sides.length !== 2) throw new Error(`element types '${text}': expected \`inputs -> outputs\``);
    const [inputs = [], outputs = []] = sides.map((side) => parseSide(side, text));
    parsed = { inputs, outputs };
    cache.set(text, parsed);
  }
  return parsed;
}

/** The type of an input by position; the last one goes on where it is variadic. Null where nothing is known. */
export function inputType(node: Node, index: number): ElementType | null {
  const types = specOf(node)?.types;
  return types === undefined ? null : (at(parseElementTypes(types).inputs, index) ?? null);
}

/**
 * True when the input has the element type of the data, so that converting the node converts it too; false for shapes,
 * indices, and floats that stay float32 such as the scales of Resize. Null where nothing is known.
 */
export function followsData(node: Node, index: number): boolean | null {
  const type = inputType(node, index);
  return type ? type.kind === 'variable' : null;
}

/** The element type of an output, from the types of the inputs and the attributes; null where it does not follow. */
export function outputType(node: Node, index: number): DType | null {
  const text = specOf(node)?.types;
  if (text === undefined) return null;
  const types = parseElementTypes(text);
  const type = at(types.outputs, index);
  if (type?.kind === 'fixed') return type.dtype;
  if (type?.kind === 'attribute') return attributeType(node, type.name) ?? type.fallback;
  if (type?.kind !== 'variable') return null;
  for (const [position, value] of node.inputs.entries()) {
    const input = at(types.inputs, position);
    if (value && input?.kind === 'variable' && input.name === type.name && value.dtype) return value.dtype;
  }
  return null;
}

function attributeType(node: Node, name: string): DType | null {
  const attribute = node.attributes.get(name);
  if (attribute?.kind === 'int') return dtypeOfCode(Number(attribute.value));
  return attribute?.kind === 'tensor' ? attribute.value.dtype : null;
}

function at(types: readonly ElementType[], index: number): ElementType | undefined {
  return types[Math.min(index, types.length - 1)];
}

function parseSide(side: string, whole: string): ElementType[] {
  if (side.trim() === '') return [];
  return side.split(',').map((part): ElementType => {
    const word = part.trim().replace(/[?*]$/, '');
    const attribute = /^@(\w+)(?:=(\w+))?$/.exec(word);
    if (attribute)
      return {
        kind: 'attribute',
        name: attribute[1] ?? '',
        fallback: attribute[2] ? dtype(attribute[2], whole) : null,
      };
    if (/^[A-Z]\w*$/.test(word)) return { kind: 'variable', name: word };
    if (word === 'any') return { kind: 'open' };
    const names = word.split('|').map((name) => dtype(name, whole));
    return names.length === 1 && names[0] ? { kind: 'fixed', dtype: names[0] } : { kind: 'open' };
  });
}

function dtype(name: string, whole: string): DType {
  if (name in DTYPES) return name as DType;
  throw new Error(`element types '${whole}': '${name}' is no element type`);
}
