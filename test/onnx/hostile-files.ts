/** Files nobody should give to llmc, by name. */
import { gzipSync } from 'node:zlib';
import { encodeModel } from '../../src/onnx/write.ts';
import { parseModel } from '../support/parse.ts';
import {
  attribute,
  attributeGraph,
  dataType,
  dim,
  externalData,
  field,
  graph,
  graphInput,
  graphOutput,
  initializer,
  irVersion,
  model,
  node,
  nodeInput,
  nodeOutput,
  number,
  opsetImport,
  opType,
  rawData,
  repeated,
  tensorName,
  varint,
} from './wire-bytes.ts';

/** A small but whole model: weights, a body, a function, metadata. */
export function smallModel(): Buffer {
  return Buffer.from(
    encodeModel(
      parseModel(`<ir_version: 8, opset_import: ["": 17, "local": 1], producer_name: "test", metadata_props: ["k": "v"]>
        g (float[N,4] x, bool c) => (float[N,4] y) <float[4,4] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, int64[1] axes = {-1}> {
          h = MatMul (x, w)
          k = local.f (h)
          y = If <then_branch = t () => (r) { r = Relu (k) }, else_branch = e () => (q) <float[4] v = {1, 2, 3, 4}> { q = Add (k, v) }> (c)
        }
        <domain: "local", opset_import: ["": 17]> f (a) => (b) { b = Tanh (a) }`),
    ),
  );
}

const relu = node(nodeInput('x'), nodeOutput('y'), opType('Relu'));
const ends = Buffer.concat([graphInput('x'), graphOutput('y')]);

function tensor(...parts: readonly Uint8Array[]): Buffer {
  return model(relu, ends, initializer(dataType(1), tensorName('w'), ...parts));
}

/** Bodies in bodies, `depth` of them. */
function nested(depth: number): Buffer {
  // Built from the outside in: the inner length is known from the depth, so that this takes linear time.
  const heads: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < depth; level++) {
    for (const id of [6, 5, 1]) {
      const head = Buffer.concat([varint(id * 8 + 2), varint(length)]);
      heads.push(head);
      length += head.length;
    }
  }
  return Buffer.concat([irVersion(8), varint(7 * 8 + 2), varint(length), ...heads.reverse()]);
}

/** TypeProto in TypeProto: sequences of sequences. */
function nestedTypes(depth: number): Buffer {
  const heads: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < depth; level++) {
    for (const id of [1, 4]) {
      const head = Buffer.concat([varint(id * 8 + 2), varint(length)]);
      heads.push(head);
      length += head.length;
    }
  }
  const type = Buffer.concat([varint(2 * 8 + 2), varint(length), ...heads.reverse()]);
  return model(relu, graphOutput('y'), field(11, field(1, 'x'), type));
}

function randomBytes(length: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

/** Each is unreadable or no valid model: exit code 2, quickly. */
export const HOSTILE: Readonly<Record<string, () => Buffer>> = {
  'an empty file': () => Buffer.alloc(0),
  'one byte': () => Buffer.of(8),
  zeros: () => Buffer.alloc(5000),
  'a PNG image': () => PNG,
  'a JSON document': () => Buffer.from(JSON.stringify({ format: 'onnx', weights: [1, 2, 3] }, null, 2)),
  'a text': () => Buffer.from('ir_version: 8\ngraph {\n  node { op_type: "Relu" }\n}\n'),
  'a zip archive': () =>
    Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'), gzipSync('x'.repeat(500))]),
  'a gzip of a model': () => gzipSync(smallModel()),
  'a pickle': () => Buffer.from('\x80\x02}q\0(X\x06\0\0\0weightq\x01K\x01u.', 'latin1'),
  'a git-lfs pointer': () =>
    Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 438\n'),
  'a saved web page': () =>
    Buffer.from('<!DOCTYPE html>\n<html><head><title>Not Found</title></head></html>\n'),
  'a TensorProto': () => Buffer.concat([dim(2), dataType(1), rawData(Buffer.alloc(8)), tensorName('t')]),
  'random bytes, small': () => randomBytes(300, 1),
  'random bytes, large': () => randomBytes(3_000_000, 2),
  'random bytes behind a good start': () =>
    Buffer.concat([irVersion(8), field(2, 'pytorch'), randomBytes(4000, 3)]),
  'a model without a graph': () => Buffer.concat([irVersion(8), opsetImport(17)]),
  'a model cut in half': () => smallModel().subarray(0, smallModel().length >> 1),
  'a cycle of two nodes': () =>
    model(
      ends,
      node(nodeInput('b'), nodeOutput('y'), opType('Abs')),
      node(nodeInput('y'), nodeOutput('b'), opType('Neg')),
    ),
  'a node that reads its own output': () =>
    model(graphOutput('y'), node(nodeInput('y'), nodeOutput('y'), opType('Abs'))),
  'a missing tensor': () => model(relu, graphOutput('y')),
  'a missing output': () => model(relu, graphInput('x'), graphOutput('z')),
  'an output defined twice': () => model(relu, relu, ends),
  'an initializer defined twice': () => {
    const w = initializer(dim(1), dataType(1), tensorName('w'), rawData(Buffer.alloc(4)));
    return model(relu, ends, w, w);
  },
  'external data that is not there': () => tensor(dim(4), externalData({ location: 'gone.bin' })),
  'external data of a wrong length': () =>
    tensor(dim(4), externalData({ location: 'model.onnx', length: '3' })),
  'external data out of the folder': () => tensor(dim(4), externalData({ location: '../../etc/passwd' })),
  'dims of 2^40 over a few bytes': () => tensor(dim(2 ** 40), rawData(Buffer.alloc(16))),
  'dims of 2^40 over typed data': () => tensor(dim(2 ** 40), field(4, Buffer.alloc(16))),
  'dims of 2^40 in a Constant': () =>
    model(
      node(
        nodeOutput('y'),
        opType('Constant'),
        attribute(field(1, 'value'), field(5, dim(2 ** 40), dataType(1)), number(20, 4)),
      ),
      graphOutput('y'),
    ),
  'dims whose product is beyond 2^64': () =>
    tensor(dim(2n ** 62n), dim(2n ** 62n), dim(2n ** 62n), rawData(Buffer.alloc(4))),
  'dims whose product is infinite, then zero': () =>
    tensor(...Array.from({ length: 40 }, () => dim(2n ** 62n)), dim(0)),
  'a negative dim': () => tensor(dim(-4), rawData(Buffer.alloc(16))),
  'raw data shorter than the dims': () => tensor(dim(5), rawData(Buffer.alloc(16))),
  'an element type that does not exist': () =>
    model(relu, ends, initializer(dim(1), number(2, 77), tensorName('w'), rawData(Buffer.alloc(4)))),
  'bodies nested 10,000 deep': () => nested(10_000),
  'bodies nested 200 deep': () => nested(200),
  'types nested 10,000 deep': () => nestedTypes(10_000),
  'a length of almost 4 GB': () =>
    Buffer.concat([irVersion(8), varint(58), varint(0xffff_fff0), Buffer.alloc(100)]),
  'a length of 2^63': () => Buffer.concat([irVersion(8), varint(58), varint(2n ** 63n), Buffer.alloc(100)]),
  'a varint without end': () => Buffer.concat([Buffer.of(8), Buffer.alloc(100_000, 0xff)]),
  'groups, the wire type nobody uses': () => Buffer.concat([irVersion(8), Buffer.alloc(1000, 0x0b)]),
  'a body inside a value of the wrong scope': () =>
    model(
      graphInput('c'),
      node(
        nodeInput('c'),
        nodeOutput('y'),
        opType('If'),
        attribute(field(1, 'then_branch'), attributeGraph(graphOutput('q')), number(20, 5)),
      ),
      graphOutput('y'),
    ),
};

function numbered(count: number, make: (name: string) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => make(String(index))));
}

/** Millions of tiny messages: each must be refused, or read within a fixed multiple of its size. */
export const BOMBS: Readonly<Record<string, (byteLength: number) => Buffer>> = {
  'empty nodes': (size) => graph(repeated(node(), size)),
  'nodes with an operator': (size) => graph(repeated(node(opType('A')), size)),
  'empty attributes': (size) => graph(repeated(node(attribute()), size)),
  'inputs of one node': (size) => graph(graphInput('x'), node(repeated(nodeInput('x'), size))),
  'nodes that read one value': (size) => graph(graphInput('x'), repeated(node(nodeInput('x')), size)),
  'outputs of one node': (size) => graph(node(numbered(size >> 3, nodeOutput))),
  initializers: (size) =>
    graph(numbered(size >> 4, (name) => initializer(dim(0), dataType(1), tensorName(name)))),
  dims: (size) => graph(initializer(dataType(1), repeated(dim(1), size))),
  'packed integers': (size) => graph(node(attribute(field(8, repeated(varint(1), size))))),
  'empty strings of an attribute': (size) => graph(node(attribute(repeated(field(9), size)))),
  'spans of typed data': (size) => graph(initializer(dataType(1), repeated(field(4), size))),
  'unpacked typed data': (size) => graph(initializer(dataType(6), repeated(number(5, 1), size))),
  'unknown fields': (size) => graph(repeated(number(15, 1), size)),
  'unknown fields in nodes': (size) => graph(repeated(node(number(15, 1)), size)),
  value_info: (size) => graph(repeated(field(13), size)),
  'dimensions of an input': (size) =>
    graph(field(11, field(1, 'x'), field(2, field(1, field(2, repeated(field(1), size)))))),
  metadata: (size) => Buffer.concat([graph(), repeated(field(14), size)]),
  'opset imports': (size) => Buffer.concat([graph(), repeated(field(8), size)]),
  functions: (size) => Buffer.concat([graph(), repeated(field(25), size)]),
  'bodies of one attribute': (size) => graph(node(attribute(repeated(field(11), size)))),
  'tensors of one attribute': (size) =>
    graph(node(attribute(repeated(field(10, dataType(1), dim(0)), size)))),
  'a name of bytes that are no UTF-8': (size) => graph(field(10, repeated(Buffer.of(0xff), size))),
  'nodes 95 bodies deep': (size) => {
    let body = repeated(node(nodeInput('x'), opType('A')), size);
    for (let level = 0; level < 95; level++) body = node(attribute(attributeGraph(body)));
    return graph(graphInput('x'), body);
  },
};
