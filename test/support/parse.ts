/** Parses ONNX textual syntax into a Model, so that tests can write graphs down as text. */

import { memoryBytes } from '../../src/ir/bytes.ts';
import { DTYPES, type DType } from '../../src/ir/dtype.ts';
import type { Model } from '../../src/ir/model.ts';
import { modelFromProto } from '../../src/onnx/from-proto.ts';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  TensorProto,
  TypeProto,
  ValueInfoProto,
} from '../../src/onnx/proto.ts';
import { type Literal, tensorBytes } from './parse-tensor.ts';

/** Opset imports of texts without a head. */
const HEAD = '<ir_version: 10, opset_import: ["": 20]>';

/** The model of a text; the head `<ir_version: ..., opset_import: [...]>` may be left out (IR 10, opset 20). */
export function parseModel(text: string): Model {
  const source = text.trimStart().startsWith('<') ? text : `${HEAD} ${text}`;
  return modelFromProto(new Parser(source).model(), { external: null });
}

const TOKEN =
  /\s*(?:(=>|[<>()[\]{},:=@?.])|"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w]*)|(-?(?:inf|nan)\b|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))/y;

interface Token {
  readonly kind: 'sign' | 'text' | 'word' | 'number' | 'end';
  readonly value: string;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  const clean = source.replace(/#[^\n]*/g, '').trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < clean.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(clean);
    if (!match) throw new Error(`cannot read: ${clean.slice(at, at + 40)}`);
    const [, sign, text, word, number] = match;
    if (sign !== undefined) found.push({ kind: 'sign', value: sign });
    else if (text !== undefined) found.push({ kind: 'text', value: text.replace(/\\(.)/g, '$1') });
    else if (word !== undefined) found.push({ kind: 'word', value: word });
    else found.push({ kind: 'number', value: number ?? '' });
  }
  return found;
}

const TYPE_NAMES = new Map<string, DType>([
  ...(Object.keys(DTYPES) as DType[]).map((dtype): [string, DType] => [dtype, dtype]),
  ['float', 'float32'],
  ['double', 'float64'],
]);
const ATTRIBUTE_TYPES = ['', 'float', 'int', 'string', 'tensor', 'graph', 'floats', 'ints', 'strings'];

class Parser {
  readonly #tokens: Token[];
  #at = 0;

  constructor(source: string) {
    this.#tokens = tokens(source);
  }

  model(): ModelProto {
    const head = this.#head();
    const model: ModelProto = { ...head, graph: this.#graph() };
    const functions: FunctionProto[] = [];
    while (this.#peek().kind !== 'end') functions.push(this.#function());
    return functions.length > 0 ? { ...model, functions } : model;
  }

  #head(): ModelProto & { domain?: string; overload?: string } {
    const head: Record<string, unknown> = {};
    for (const _ of this.#list('<', '>')) {
      const key = this.#next().value;
      this.#expect(':');
      if (key === 'opset_import')
        head[key] = this.#entries().map(
          ([domain, version]) => ({ domain, version: Number(version) }) satisfies OperatorSetIdProto,
        );
      else if (key === 'metadata_props')
        head[key] = this.#entries().map(([entry, value]) => ({ key: entry, value }));
      else {
        const token = this.#next();
        head[key] = token.kind === 'number' ? Number(token.value) : token.value;
      }
    }
    return head;
  }

  #entries(): [string, string][] {
    return Array.from(this.#list('[', ']'), () => {
      const key = this.#next().value;
      this.#expect(':');
      return [key, this.#next().value];
    });
  }

  #function(): FunctionProto {
    const fn: FunctionProto = { ...(this.#head() as FunctionProto), name: this.#next().value };
    const plain: string[] = [];
    const defaults: AttributeProto[] = [];
    if (this.#is('<'))
      for (const _ of this.#list('<', '>')) {
        if (this.#is(':', 1) || this.#is('=', 1)) defaults.push(this.#attribute());
        else plain.push(this.#next().value);
      }
    if (plain.length > 0) fn.attribute = plain;
    if (defaults.length > 0) fn.attribute_proto = defaults;
    fn.input = Array.from(this.#list('(', ')'), () => this.#next().value);
    this.#expect('=>');
    fn.output = Array.from(this.#list('(', ')'), () => this.#next().value);
    fn.node = this.#nodes();
    return fn;
  }

  #graph(): GraphProto {
    const graph: GraphProto = { name: this.#next().value };
    const initializers: TensorProto[] = [];
    const declare = (): ValueInfoProto => this.#declaration(initializers);
    graph.input = Array.from(this.#list('(', ')'), declare);
    this.#expect('=>');
    graph.output = Array.from(this.#list('(', ')'), declare);
    if (this.#is('<')) {
      const described = Array.from(this.#list('<', '>'), declare);
      const hints = described.filter(({ name }) => !initializers.some((each) => each.name === name));
      if (hints.length > 0) graph.value_info = hints;
    }
    graph.node = this.#nodes();
    if (initializers.length > 0) graph.initializer = initializers;
    return graph;
  }

  /** `float[N,3] x`, `x`, or with a value: `float[2] x = {1, 2}`. */
  #declaration(initializers: TensorProto[]): ValueInfoProto {
    const typed = TYPE_NAMES.has(this.#peek().value) && !this.#endsAt(1);
    const type = typed ? this.#type() : undefined;
    const name = this.#next().value;
    if (this.#is('=')) {
      this.#expect('=');
      initializers.push({ ...this.#tensor(type), name });
    }
    return { name, ...(type ? { type } : {}) };
  }

  #endsAt(offset: number): boolean {
    return [',', ')', '>', '='].some((sign) => this.#is(sign, offset));
  }

  #type(): TypeProto {
    const elem_type = DTYPES[this.#dtype()].code;
    if (!this.#is('[')) return { tensor_type: { elem_type, shape: { dim: [] } } };
    const dim = Array.from(this.#list('[', ']'), () => {
      const token = this.#next();
      if (token.kind === 'number') return { dim_value: Number(token.value) };
      return token.value === '?' ? {} : { dim_param: token.value };
    });
    // `float[]` is a tensor of unknown rank, `float` a scalar.
    return { tensor_type: dim.length > 0 ? { elem_type, shape: { dim } } : { elem_type } };
  }

  #dtype(): DType {
    const { value } = this.#next();
    const dtype = TYPE_NAMES.get(value);
    if (!dtype) throw new Error(`no element type: ${value}`);
    return dtype;
  }

  #tensor(type: TypeProto | undefined): TensorProto {
    const data_type = Number(type?.tensor_type?.elem_type ?? 1);
    const dims = (type?.tensor_type?.shape?.dim ?? []).map((dim) => Number(dim.dim_value));
    const literals: Literal[] = Array.from(this.#list('{', '}'), () => this.#next().value);
    const dtype =
      (Object.keys(DTYPES) as DType[]).find((each) => DTYPES[each].code === data_type) ?? 'float32';
    if (dtype === 'string')
      return { data_type, dims, string_data: literals.map((text) => Buffer.from(text)) };
    return { data_type, dims, raw_data: memoryBytes(tensorBytes(dtype, dims, literals)) };
  }

  #nodes(): NodeProto[] {
    this.#expect('{');
    const nodes: NodeProto[] = [];
    while (!this.#is('}')) nodes.push(this.#node());
    this.#expect('}');
    return nodes;
  }

  #node(): NodeProto {
    const node: NodeProto = {};
    if (this.#is('[')) for (const _ of this.#list('[', ']')) node.name = this.#next().value;
    const outputs: string[] = [];
    for (;;) {
      outputs.push(this.#next().value);
      if (!this.#is(',')) break;
      this.#expect(',');
    }
    this.#expect('=');
    node.output = outputs;
    const path = [this.#next().value];
    while (this.#is('.')) {
      this.#expect('.');
      path.push(this.#next().value);
    }
    node.op_type = path.pop() ?? '';
    if (path.length > 0) node.domain = path.join('.');
    if (this.#is(':')) {
      this.#expect(':');
      node.overload = this.#next().value;
    }
    const attributes: AttributeProto[] = [];
    if (this.#is('<')) for (const _ of this.#list('<', '>')) attributes.push(this.#attribute());
    node.input = Array.from(this.#list('(', ')'), () => this.#next().value);
    if (this.#is('<')) for (const _ of this.#list('<', '>')) attributes.push(this.#attribute());
    if (attributes.length > 0) node.attribute = attributes;
    return node;
  }

  #attribute(): AttributeProto {
    const name = this.#next().value;
    let type = '';
    if (this.#is(':')) {
      this.#expect(':');
      type = this.#next().value;
    }
    this.#expect('=');
    if (this.#is('@')) {
      this.#expect('@');
      return { name, ref_attr_name: this.#next().value, type: Math.max(1, ATTRIBUTE_TYPES.indexOf(type)) };
    }
    return { name, ...this.#attributeValue(type) };
  }

  #attributeValue(stated: string): AttributeProto {
    const token = this.#peek();
    if (this.#is('['))
      return listAttribute(
        Array.from(this.#list('[', ']'), () => this.#next()),
        stated,
      );
    if (token.kind === 'text' && !this.#is('(', 1)) return { s: Buffer.from(this.#next().value), type: 3 };
    if (token.kind === 'number') {
      const { value } = this.#next();
      if (stated === 'float' || (stated === '' && !/^[-+]?\d+$/.test(value)))
        return { f: toNumber(value), type: 1 };
      return { i: toInteger(value), type: 2 };
    }
    if (TYPE_NAMES.has(token.value)) return { t: this.#tensor(this.#type()), type: 4 };
    return { g: this.#graph(), type: 5 };
  }

  #peek(offset = 0): Token {
    return this.#tokens[this.#at + offset] ?? { kind: 'end', value: '' };
  }

  #is(sign: string, offset = 0): boolean {
    const token = this.#peek(offset);
    return token.kind === 'sign' && token.value === sign;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind === 'end') throw new Error('the text ends too early');
    this.#at++;
    return token;
  }

  #expect(sign: string): void {
    const token = this.#next();
    if (token.value === sign && token.kind === 'sign') return;
    const near = this.#tokens.slice(this.#at - 6, this.#at + 3).map(({ value }) => value);
    throw new Error(`'${sign}' expected, '${token.value}' found near: ${near.join(' ')}`);
  }

  /** Steps through `open item, item close`; the caller consumes each item. */
  *#list(open: string, close: string): Generator<void> {
    this.#expect(open);
    while (!this.#is(close)) {
      yield;
      if (!this.#is(close)) this.#expect(',');
    }
    this.#expect(close);
  }
}

function listAttribute(items: readonly Token[], stated: string): AttributeProto {
  if (stated === 'strings' || items[0]?.kind === 'text')
    return { strings: items.map(({ value }) => Buffer.from(value)), type: 8 };
  if (stated === 'floats' || (stated === '' && items.some(({ value }) => !/^[-+]?\d+$/.test(value))))
    return { floats: items.map(({ value }) => toNumber(value)), type: 6 };
  return { ints: items.map(({ value }) => toInteger(value)), type: 7 };
}

function toNumber(text: string): number {
  return Number(text.replace(/inf(inity)?/, 'Infinity').replace('nan', 'NaN'));
}

function toInteger(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
