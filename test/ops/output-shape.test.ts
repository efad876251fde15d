import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { int } from '../../src/ir/attribute.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { decodeModel } from '../../src/onnx/read.ts';
import { fromShape } from '../../src/ops/from-shape.ts';
import { outputShape } from '../../src/ops/output-shape.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { backendModels } from '../support/corpus.ts';
import { nodeOf } from './support.ts';

describe('outputShape', () => {
  const ints = Tensor.ints;
  it.for([
    [
      'MatMul',
      nodeOf('MatMul', {
        inputs: [
          [2, 5, 8],
          [8, 4],
        ],
      }),
      [2, 5, 4],
    ],
    [
      'Add with stretching',
      nodeOf('Add', {
        inputs: [
          [3, 1],
          [1, 4],
        ],
      }),
      [3, 4],
    ],
    ['Add of scalars', nodeOf('Add', { inputs: [[], []] }), []],
    ['Reshape', nodeOf('Reshape', { inputs: [[2, 3, 4], ints([0, -1])] }), [2, 12]],
    [
      'Reshape with a real 0',
      nodeOf('Reshape', { inputs: [[0, 3], ints([3, 0])], attributes: { allowzero: int(1) } }),
      [3, 0],
    ],
    [
      'Concat',
      nodeOf('Concat', {
        inputs: [
          [2, 3],
          [2, 5],
        ],
        attributes: { axis: int(-1) },
      }),
      [2, 8],
    ],
    ['Expand', nodeOf('Expand', { inputs: [[3, 1], ints([2, 1, 6])] }), [2, 3, 6]],
    ['Expand to a scalar', nodeOf('Expand', { inputs: [[3, 2], ints([])] }), [3, 2]],
    ['Flatten', nodeOf('Flatten', { inputs: [[2, 3, 4]] }), [2, 12]],
    [
      'DepthToSpace',
      nodeOf('DepthToSpace', { inputs: [[1, 8, 2, 3]], attributes: { blocksize: int(2) } }),
      [1, 2, 4, 6],
    ],
    ['Gather by a scalar', nodeOf('Gather', { inputs: [[9, 4], []] }), [4]],
    [
      'an unknown input',
      nodeOf('Add', {
        inputs: [
          [null, 4],
          [1, 4],
        ],
      }),
      null,
    ],
    [
      'a symbolic input',
      nodeOf('Add', {
        inputs: [
          ['n', 4],
          [1, 4],
        ],
      }),
      null,
    ],
    ['a Reshape to what is not constant', nodeOf('Reshape', { inputs: [[2, 3], [1]] }), null],
    ['a window, whose size is not in the signature', nodeOf('MaxPool', { inputs: [[1, 2, 4, 4]] }), null],
    ['an unknown operator', nodeOf('custom.Op', { inputs: [[2]] }), null],
  ] as const)('%s', ([, node, expected]) => {
    expect(outputShape(node)).toEqual(expected);
  });

  // Reshape, Conv and the like in all their forms: what is said must be what the runtime says.
  const models = backendModels().filter(({ id }) => /^(node|pytorch|simple|light)/.test(id));
  it.skipIf(models.length === 0)('agrees with onnxruntime wherever it says anything', async () => {
    let said = 0;
    for (const { id, path } of models) {
      const model = decodeModel(readFileSync(path));
      if ((await inferTypes(model)).length > 0) continue;
      for (const node of model.graph)
        for (const [index, value] of node.outputs.entries()) {
          const told = value?.type?.shape;
          const shape = outputShape(node, index);
          if (!shape || !told?.every((dim) => typeof dim === 'number')) continue;
          expect([id, node.label, shape]).toEqual([id, node.label, told]);
          said++;
        }
    }
    expect(said).toBeGreaterThan(100);
  });
});

describe('fromShape', () => {
  const values = (node: ReturnType<typeof nodeOf>, shape: readonly (number | null)[]) => {
    const tensor = fromShape(node, shape);
    return tensor && [tensor.dims, tensor.numbers()];
  };

  it('gives dims, a range of them, or their product', () => {
    const range = { start: int(-2), end: int(3) };
    expect(values(nodeOf('Shape', { inputs: [null] }), [2, 3, 4])).toEqual([[3], [2, 3, 4]]);
    expect(values(nodeOf('Shape', { inputs: [null], attributes: range }), [2, 3, 4])).toEqual([[2], [3, 4]]);
    expect(values(nodeOf('Size', { inputs: [null] }), [2, 3, 4])).toEqual([[], [24]]);
  });

  it('says nothing where a dim is unknown, or of other operators', () => {
    expect(values(nodeOf('Shape', { inputs: [null] }), [2, null])).toBeNull();
    expect(values(nodeOf('Relu', { inputs: [null] }), [2, 3])).toBeNull();
  });
});
