/** A model as ONNX textual syntax, stable and readable: what snapshots compare. */
import type { Attribute } from './attribute.ts';
import { DTYPES, type DType } from './dtype.ts';
import type { Graph } from './graph.ts';
import type { Model, ModelFunction } from './model.ts';
import type { Node } from './node.ts';
import { elementsText, quote } from './print-elements.ts';
import { sizeOf, type Tensor } from './tensor.ts';
import type { TensorType, Value } from './value.ts';

export interface PrintOptions {
  /** Tensors of more elements are written as `{...}`; default 16. */
  readonly maxElements?: number;
}

/**
 * The model in the syntax of the ONNX text parser, except that large tensors are abbreviated. Constants of sequence
 * type and attributes that llmc only carries are left out.
 */
export function printModel(model: Model, options: PrintOptions = {}): string {
  const head = [
    `  ir_version: ${model.irVersion}`,
    `  opset_import: ${opsetsText(model.opsets)}`,
    ...(model.metadata.size > 0 ? [`  metadata_props: ${entriesText(model.metadata)}`] : []),
  ];
  const parts = [`<\n${head.join(',\n')}\n>`, printGraph(model.graph, options)];
  return [...parts, ...model.functions.map((fn) => functionText(fn, options)), ''].join('\n');
}

/** One graph with its inputs, outputs, initializers and nodes. */
export function printGraph(graph: Graph, options: PrintOptions = {}, indent = ''): string {
  const list = (values: readonly Value[]): string => values.map(declaration).join(', ');
  const constants = [...graph.initializers].flatMap((value) =>
    value.tensor ? [initializerText(value.name, value.tensor, options)] : [],
  );
  const head = `${name(graph.name || 'graph')} (${list(graph.inputs)}) => (${list(graph.outputs)})`;
  const inner = `${indent}  `;
  const middle = constants.length > 0 ? `\n${inner}<${constants.join(`,\n${inner} `)}>` : '';
  const nodes = graph.nodes.map((node) => `${inner}${nodeText(node, options, inner)}\n`);
  return `${head}${middle}\n${indent}{\n${nodes.join('')}${indent}}`;
}

function functionText(fn: ModelFunction, options: PrintOptions): string {
  const rest = fn.rest as { attribute?: readonly string[] } | null;
  const parameters = rest?.attribute?.length ? `<${rest.attribute.map(name).join(', ')}> ` : '';
  const overload = fn.overload === '' ? '' : `,\n  overload: ${quote(fn.overload)}`;
  const list = (values: readonly Value[]): string => values.map((value) => name(value.name)).join(', ');
  const nodes = fn.graph.nodes.map((node) => `  ${nodeText(node, options, '  ')}\n`);
  return (
    `<\n  domain: ${quote(fn.domain)},\n  opset_import: ${opsetsText(fn.opsets)}${overload}\n>\n` +
    `${name(fn.name)} ${parameters}(${list(fn.graph.inputs)}) => (${list(fn.graph.outputs)})\n{\n${nodes.join('')}}`
  );
}

function nodeText(node: Node, options: PrintOptions, indent: string): string {
  const list = (values: readonly (Value | null)[]): string =>
    values.map((value) => (value ? name(value.name) : '""')).join(', ');
  const label = node.name === '' ? '' : `[${name(node.name)}] `;
  const domain = node.domain === '' ? '' : `${node.domain}.`;
  const overload = node.overload === '' ? '' : `:${node.overload}`;
  const attributes = [...node.attributes].flatMap(([key, value]) => {
    const text = attributeText(value, options, indent);
    return text === null ? [] : [`${key}${text}`];
  });
  const shown = attributes.length > 0 ? ` <${attributes.join(', ')}>` : '';
  const outputs = node.outputs.length > 0 ? `${list(node.outputs)} = ` : '';
  return `${label}${outputs}${domain}${node.op}${overload}${shown} (${list(node.inputs)})`;
}

function attributeText(attribute: Attribute, options: PrintOptions, indent: string): string | null {
  const decode = (bytes: Uint8Array): string => quote(new TextDecoder().decode(bytes));
  switch (attribute.kind) {
    case 'float':
      return `: float = ${floatText(attribute.value)}`;
    case 'int':
      return ` = ${attribute.value}`;
    case 'string':
      return ` = ${decode(attribute.value)}`;
    case 'floats':
      return `: floats = [${attribute.value.map(floatText).join(', ')}]`;
    case 'ints':
      return `: ints = [${attribute.value.join(', ')}]`;
    case 'strings':
      return `: strings = [${attribute.value.map(decode).join(', ')}]`;
    case 'tensor':
      return ` = ${tensorText(attribute.value, options)}`;
    case 'graph':
      return ` = ${printGraph(attribute.value, options, indent)}`;
    case 'reference':
      return ` = @${attribute.value}`;
    default:
      return null;
  }
}

function floatText(value: number): string {
  return elementsText('float32', new Float32Array([value]), 1)[0] ?? '0';
}

function initializerText(label: string, tensor: Tensor, options: PrintOptions): string {
  return `${typeText(tensor)} ${name(label)} = ${dataText(tensor, options)}`;
}

function tensorText(tensor: Tensor, options: PrintOptions): string {
  return `${typeText(tensor)} ${dataText(tensor, options)}`;
}

function dataText(tensor: Tensor, options: PrintOptions): string {
  const size = sizeOf(tensor.dims);
  if (size > (options.maxElements ?? 16)) return '{...}';
  if (tensor.strings)
    return `{${tensor.strings.map((text) => quote(new TextDecoder().decode(text))).join(', ')}}`;
  return `{${elementsText(tensor.dtype, tensor.array(), size).join(', ')}}`;
}

function declaration(value: Value): string {
  const type = value.type ?? (value.tensor ? { dtype: value.tensor.dtype, shape: value.tensor.dims } : null);
  return type ? `${valueTypeText(type)} ${name(value.name)}` : name(value.name);
}

function valueTypeText(type: TensorType): string {
  if (type.shape === null) return `${typeName(type.dtype)}[]`;
  return typeText({ dtype: type.dtype, dims: type.shape });
}

function typeText(type: {
  readonly dtype: DType;
  readonly dims: readonly (number | string | null)[];
}): string {
  const dims = type.dims.map((dim) => (dim === null ? '?' : typeof dim === 'string' ? name(dim) : dim));
  return dims.length === 0 ? typeName(type.dtype) : `${typeName(type.dtype)}[${dims.join(',')}]`;
}

function typeName(dtype: DType): string {
  if (dtype === 'float32') return 'float';
  return DTYPES[dtype].code === DTYPES.float64.code ? 'double' : dtype;
}

function opsetsText(opsets: ReadonlyMap<string, number>): string {
  return `[${[...opsets].map(([domain, version]) => `${quote(domain)}: ${version}`).join(', ')}]`;
}

function entriesText(entries: ReadonlyMap<string, string>): string {
  return `[${[...entries].map(([key, value]) => `${quote(key)}: ${quote(value)}`).join(', ')}]`;
}

/** Names that are no plain identifiers are quoted, as the ONNX printer does. */
function name(text: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? text : quote(text);
}
