import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { allNodes } from '../../src/ir/walk.ts';
import { cloneModel, decodeModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { wireDifferences } from '../support/wire-tree.ts';
import {
  attribute,
  attributeGraph,
  dataType,
  dim,
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
  tensorName,
} from './wire-bytes.ts';

const relu = node(nodeInput('x'), nodeOutput('y'), opType('Relu'));
const float = (name: string) => initializer(dim(1), dataType(1), tensorName(name), rawData(Buffer.alloc(4)));

/** What reading and writing (and cloning) changes, as paths of field numbers. */
function changes(bytes: Buffer): string[] {
  const opened = decodeModel(bytes);
  return [
    ...wireDifferences(bytes, encodeModel(opened)),
    ...wireDifferences(bytes, encodeModel(cloneModel(opened))),
  ];
}

describe('reading and writing changes nothing about', () => {
  const doc = (text: string) => field(13, text);
  const attributes: Readonly<Record<string, Buffer>> = {
    'an attribute without a type (IR 1)': Buffer.concat([field(1, 'a'), number(3, -1)]),
    'an attribute with a type and a doc string': Buffer.concat([
      field(1, 'a'),
      number(3, 7),
      doc('why'),
      number(20, 2),
    ]),
    'a float attribute': Buffer.concat([field(1, 'a'), Buffer.from([0x15, 0, 0, 0xc0, 0x7f]), number(20, 1)]),
    'a string attribute that is not UTF-8': Buffer.concat([
      field(1, 'a'),
      field(4, Buffer.from([0xff, 0])),
      number(20, 3),
    ]),
    'empty lists': Buffer.concat([field(1, 'a'), number(20, 7)]),
    'a type proto': Buffer.concat([field(1, 'a'), field(14, field(1, number(1, 1))), number(20, 13)]),
    'an attribute of a type to come': Buffer.concat([field(1, 'a'), field(77, 'new'), number(20, 99)]),
    'a sparse tensor': Buffer.concat([
      field(1, 'a'),
      field(
        22,
        field(1, dim(1), dataType(1), rawData(Buffer.alloc(4))),
        field(2, dim(1), dataType(7), field(7, Buffer.of(0))),
      ),
      number(20, 11),
    ]),
    'a list of tensors': Buffer.concat([
      field(1, 'a'),
      field(10, dim(1), dataType(2), rawData(Buffer.of(1))),
      field(10, dataType(8), field(6, 's')),
      number(20, 9),
    ]),
    'a list of graphs': Buffer.concat([
      field(1, 'a'),
      field(11, field(2, 'g1')),
      field(11, field(2, 'g2')),
      number(20, 10),
    ]),
  };
  it.for(Object.entries(attributes))('%s', ([, parts]) => {
    const one = node(nodeInput('x'), nodeOutput('y'), opType('Op'), attribute(parts));
    expect(changes(model(one, graphInput('x'), graphOutput('y')))).toEqual([]);
  });

  it('the spelling of domains', () => {
    const spelled = node(nodeInput('x'), nodeOutput('y'), opType('Relu'), field(7, 'ai.onnx'));
    const empty = node(nodeInput('y'), nodeOutput('z'), opType('Relu'), field(7, ''));
    const bytes = Buffer.concat([
      graph(spelled, empty, graphInput('x'), graphOutput('z')),
      field(8, field(1, 'ai.onnx'), number(2, 17)),
      field(8, field(1, 'com.acme'), number(2, 3)),
    ]);
    expect(changes(bytes)).toEqual([]);
    expect([...decodeModel(bytes).opsets]).toEqual([
      ['', 17],
      ['com.acme', 3],
    ]);
  });

  it('empty names of nodes, graphs and inputs left out', () => {
    const one = node(
      nodeInput('x'),
      nodeInput(''),
      nodeOutput('y'),
      nodeOutput(''),
      field(3, ''),
      opType('Op'),
    );
    expect(changes(model(one, graphInput('x'), graphOutput('y')))).toEqual([]);
    expect(changes(model(one, graphInput('x'), graphOutput('y'), field(2, '')))).toEqual([]);
  });

  it('initializers that are also inputs, and their types', () => {
    const input = field(
      11,
      field(1, 'w'),
      field(2, field(1, number(1, 1), field(2, field(1, number(1, 1))))),
    );
    expect(changes(model(relu, graphInput('x'), input, float('w'), graphOutput('y')))).toEqual([]);
  });

  it('an output of a body that is a value from outside', () => {
    const named = (name: string) =>
      field(12, field(1, name), field(2, field(1, number(1, 1))), field(3, 'kept'));
    const branch = (name: string, output: string) =>
      attribute(field(1, name), attributeGraph(field(2, name), named(output)), number(20, 5));
    const choice = node(
      nodeInput('c'),
      nodeOutput('z'),
      opType('If'),
      branch('then_branch', 'y'),
      branch('else_branch', 'x'),
    );
    expect(changes(model(relu, choice, graphInput('x'), graphInput('c'), graphOutput('z')))).toEqual([]);
  });

  it('functions, their overloads and their attributes', () => {
    const fn = field(
      25,
      field(1, 'f'),
      field(4, 'p'),
      field(5, 'o'),
      field(6, 'alpha'),
      field(11, field(1, 'beta'), number(3, 1), number(20, 2)),
      field(
        7,
        nodeInput('p'),
        nodeOutput('o'),
        opType('Elu'),
        attribute(field(1, 'alpha'), field(21, 'alpha'), number(20, 1)),
      ),
      field(9, number(2, 17)),
      field(10, 'local'),
      field(13, 'second'),
    );
    expect(changes(Buffer.concat([model(relu, graphInput('x'), graphOutput('y')), fn]))).toEqual([]);
  });

  it('sequence types, denotations, annotations, sparse initializers, training and devices', () => {
    const sequence = field(
      11,
      field(1, 's'),
      field(2, field(4, field(1, field(1, number(1, 1)))), field(6, 'IMAGE')),
    );
    const annotation = field(14, field(1, 'x'), field(2, field(1, 'SCALE_TENSOR'), field(2, 'w')));
    const sparse = field(
      15,
      field(1, dim(1), dataType(1), tensorName('sp'), rawData(Buffer.alloc(4))),
      field(2, dim(1), dataType(7), field(7, Buffer.of(0))),
      number(3, 4),
    );
    const use = node(nodeInput('sp'), nodeOutput('q'), opType('Abs'));
    const training = field(20, field(1, field(2, 'init')), field(3, field(1, 'w'), field(2, 'v')));
    const device = field(26, field(1, 'gpus'), number(2, 4));
    const bytes = Buffer.concat([
      model(relu, use, graphInput('x'), sequence, float('w'), graphOutput('y'), annotation, sparse),
      field(14, field(1, 'author'), field(2, 'somebody')),
      training,
      device,
    ]);
    expect(changes(bytes)).toEqual([]);
  });
});

describe('names', () => {
  const refused: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
    'an input of a node nothing defines': [model(relu, graphOutput('y')), /reads 'x', which nothing defines/],
    'an output nothing defines': [
      model(relu, graphInput('x'), graphOutput('q')),
      /'q' of graph '' is produced by nothing/,
    ],
    'two nodes with one output': [model(relu, relu, graphInput('x')), /'y' is defined twice/],
    'an output with the name of an input': [
      model(relu, graphInput('x'), graphInput('y')),
      /'y' is defined twice/,
    ],
    'two initializers of one name': [model(float('w'), float('w')), /initializer 'w' is defined twice/],
    'two inputs of one name': [model(graphInput('x'), graphInput('x')), /'x' is defined twice/],
    'a body that uses a value of its sibling': [
      model(
        graphInput('c'),
        node(
          nodeInput('c'),
          nodeOutput('y'),
          opType('If'),
          attribute(
            field(1, 'then_branch'),
            attributeGraph(float('inner'), graphOutput('inner')),
            number(20, 5),
          ),
          attribute(field(1, 'else_branch'), attributeGraph(graphOutput('inner')), number(20, 5)),
        ),
      ),
      /'inner' of graph '' is produced by nothing/,
    ],
    'an attribute that says tensor and has none': [
      model(node(nodeOutput('y'), opType('Constant'), attribute(field(1, 'value'), number(20, 4)))),
      /says tensor but has none/,
    ],
    'a tensor that says it is in a file while the model is not': [
      model(initializer(dim(1), dataType(1), tensorName('w'), number(14, 1))),
      /the model is not in one/,
    ],
  };
  it.for(Object.entries(refused))('refuse %s', ([, [bytes, message]]) => {
    expect(() => decodeModel(bytes)).toThrow(message);
    expect(() => decodeModel(bytes)).toThrow(LlmcError);
  });

  it('inside a body may shadow those outside', () => {
    const body = attributeGraph(
      float('x'),
      node(nodeInput('x'), nodeOutput('y'), opType('Abs')),
      graphOutput('y'),
    );
    const bytes = model(
      graphInput('x'),
      node(nodeInput('x'), nodeOutput('y'), opType('Loop'), attribute(field(1, 'body'), body, number(20, 5))),
    );
    const [loop, inner] = [...allNodes(decodeModel(bytes))];
    expect(inner?.input(0)?.tensor).not.toBeNull();
    expect(loop?.input(0)?.tensor).toBeNull();
    expect(changes(bytes)).toEqual([]);
  });

  it('appear in messages clipped and without control characters', () => {
    const evil = `\u001b[2J\n${'x'.repeat(10_000)}`;
    try {
      decodeModel(model(node(nodeInput(evil), opType('Relu'))));
      expect.unreachable();
    } catch (error) {
      const { message } = error as LlmcError;
      expect(message.length).toBeLessThan(400);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(message).not.toMatch(/[\u0000-\u001f]/);
    }
  });
});

describe('a model', () => {
  it('without a graph is refused as not ONNX', () => {
    expect(() => decodeModel(Buffer.concat([irVersion(8), opsetImport(17)]))).toThrow(/no graph/);
  });

  it('has the last version where a domain is imported twice, as in onnxruntime', () => {
    expect(decodeModel(Buffer.concat([graph(), opsetImport(13), opsetImport(17)])).opset).toBe(17);
  });

  it('with a cycle is refused, also inside a body', () => {
    const cycle = [
      node(nodeInput('b'), nodeOutput('a'), opType('Abs')),
      node(nodeInput('a'), nodeOutput('b'), opType('Neg')),
    ];
    expect(() => decodeModel(model(...cycle))).toThrow(/cycle/);
    const body = attributeGraph(...cycle, graphOutput('a'));
    const outer = node(
      nodeOutput('z'),
      opType('If'),
      attribute(field(1, 'then_branch'), body, number(20, 5)),
    );
    expect(() => decodeModel(model(outer))).toThrow(/cycle/);
  });
});
