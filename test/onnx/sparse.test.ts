/** Sparse initializers: tensors like others to everybody, in the file without their zeros. */
import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../src/ir/floats.ts';
import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { decodeModel } from '../../src/onnx/read.ts';
import { asSparse, sparseForm, storedBytes } from '../../src/onnx/sparse.ts';
import { modelToProto } from '../../src/onnx/to-proto.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { openSession } from '../../src/runtime/session.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { noisyModel } from '../support/quantized.ts';

const GRAPH = `g (float[2,40] x) => (float[2,30] y) <float[40,30] w = {0}, float[30] b = {0}>
  { h = MatMul(x, w) y = Add(h, b) }`;

/** One weight in ten is left. */
function thin(): Model {
  const model = noisyModel(GRAPH);
  const w = named(model, 'w');
  const floats = floatsOf(w.tensor as Tensor).map((each, at) => (at % 10 === 3 ? each : 0));
  w.tensor = Tensor.of('float32', [40, 30], floats);
  return model;
}

function named(model: Model, name: string) {
  return [...model.graph.initializers].find((value) => value.name === name) ?? expect.fail(name);
}

function sparse(): Model {
  const model = thin();
  const w = named(model, 'w');
  w.tensor = asSparse(w.tensor as Tensor);
  return model;
}

async function answer(model: Model): Promise<number[]> {
  const session = await openSession({ model: encodeModel(model) }, { threads: 1 });
  try {
    const data = Float32Array.from({ length: 80 }, (_, at) => Math.sin(at));
    const { y } = await session.run({ x: { dtype: 'float32', dims: [2, 40], data } });
    return Array.from(y?.data as Float32Array);
  } finally {
    await session.release();
  }
}

describe('sparse initializers', () => {
  it('are smaller in the file, read back as they were, and run as dense ones', async () => {
    const bytes = encodeModel(sparse());
    expect(encodeModel(thin()).length - bytes.length).toBeGreaterThan(3000);
    const read = decodeModel(bytes);
    const tensor = named(read, 'w').tensor as Tensor;
    expect([tensor.dtype, tensor.dims, storedBytes(tensor)]).toEqual(['float32', [40, 30], 120 * 12]);
    expect(floatsOf(tensor)).toEqual(floatsOf(named(thin(), 'w').tensor as Tensor));
    expect(Buffer.compare(encodeModel(read), bytes)).toBe(0);
    expect(await answer(read)).toEqual(await answer(thin()));
    await inferTypes(read);
    expect(read.graph.nodes[0]?.output()?.type?.shape).toEqual([2, 30]);
  });

  it('are dense again when somebody changes them', () => {
    const read = decodeModel(encodeModel(sparse()));
    const w = named(read, 'w');
    w.tensor = Tensor.of('float32', [40, 30], floatsOf(w.tensor as Tensor));
    expect(modelToProto(read).graph?.sparse_initializer).toBeUndefined();
  });

  it('are made only where that is smaller, keep negative zeros, and leave text and packed codes alone', () => {
    expect(asSparse(Tensor.of('float32', [3], Float32Array.of(1, 0, 0)))).toBeNull();
    expect(asSparse(Tensor.of('uint4', [64], new Uint8Array(32)))).toBeNull();
    const floats = new Float32Array(64);
    floats[5] = -0;
    const made = asSparse(Tensor.of('float32', [8, 8], floats)) ?? expect.fail('dense');
    expect(sparseForm(made)?.values?.dims).toEqual([1]);
    expect(Object.is(floatsOf(made)[5], -0)).toBe(true);
  });

  it('may have coordinates for places', () => {
    const read = decodeModel(encodeModel(withIndices([0, 0, 1, 2], [2, 2])));
    expect([...floatsOf(named(read, 'w').tensor as Tensor)]).toEqual([7, 0, 0, 0, 0, 8]);
  });

  it.for([
    ['beyond the dims', [0, 6], [2]],
    ['before the dims', [-1, 2], [2]],
    ['in a row that is not there', [0, 0, 2, 0], [2, 2]],
  ] as const)('places %s are damage, not memory', ([, places, dims]) => {
    const read = decodeModel(encodeModel(withIndices([...places], [...dims])));
    expect(() => named(read, 'w').tensor?.bytes()).toThrow(/outside of its dims/);
  });

  it('counts that do not fit are refused at once', () => {
    expect(() => decodeModel(encodeModel(withIndices([0, 1, 2], [3])))).toThrow(/2 values and 3 indices/);
  });

  it('dims far beyond what is stored are carried, not written out', () => {
    const model = withIndices([0, 1], [2], [1 << 20, 1 << 20]);
    const read = decodeModel(encodeModel(model));
    expect([...read.graph.initializers].map(({ name }) => name)).toEqual(['b']);
    expect(Buffer.compare(encodeModel(read), encodeModel(model))).toBe(0);
  });
});

/** A tensor w with values 7 and 8 at the given places. */
function withIndices(places: number[], dims: number[], whole = [2, 3]): Model {
  const model = noisyModel(`g (float[2,3] x) => (float[2,3] y) <float[2,3] w = {0}, float[3] b = {0}>
    { h = Mul(x, w) y = Add(h, b) }`);
  const values = Tensor.of('float32', [2], Float32Array.of(7, 8));
  const indices = Tensor.of('int64', dims, BigInt64Array.from(places, BigInt));
  const w = named(model, 'w');
  w.tensor = new Tensor({
    dtype: 'float32',
    dims: whole,
    source: values.source,
    rest: {
      sparse: {
        values: { dims: [2], data_type: 1, raw_data: values.source },
        indices: { dims, data_type: 7, raw_data: indices.source },
        dims: whole,
      },
    },
  });
  return model;
}
