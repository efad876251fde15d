import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../src/ir/floats.ts';
import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { roundToHalf } from '../../src/numeric/half.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { convertToHalf } from '../../src/quantize/half/convert.ts';
import { Outcome } from '../../src/quantize/outcome.ts';
import { normal } from '../../src/random.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { parseModel } from '../support/parse.ts';
import { castsOf, fidelity, runBoth, toHalf, without } from './half-support.ts';

function constant(model: Model, name: string): Tensor {
  for (const value of model.graph.initializers) if (value.name === name && value.tensor) return value.tensor;
  throw new Error(`no constant ${name}`);
}

/** A 64 x 64 matrix `w` in place of the declared one. */
async function withMatrix(
  text: string,
  floats: Float32Array,
  select = without(),
): Promise<{ model: Model; outcome: Outcome }> {
  const model = parseModel(text);
  for (const value of model.graph.initializers)
    if (value.name === 'w') value.tensor = Tensor.of('float32', [64, 64], floats);
  await inferTypes(model);
  const outcome = new Outcome();
  await convertToHalf(
    model,
    { dtype: 'float16', halfIo: false, select, measure: false },
    silentContext(),
    outcome,
  );
  return { model, outcome };
}

function matrix(): Float32Array {
  const next = normal(7);
  return Float32Array.from({ length: 64 * 64 }, () => next() * 0.1);
}

describe('constants in half precision', () => {
  it('rounds each element to the nearest half', async () => {
    const floats = matrix();
    const { model } = await withMatrix(
      'g (float[1,64] x) => (y) <float[1] w = {0}> { y = MatMul (x, w) }',
      floats,
    );
    expect(floatsOf(constant(model, 'w'))).toEqual(floats.map(roundToHalf));
  });

  it('clamps stand-ins for infinity, pushes tiny numbers off zero, keeps infinities, and counts', async () => {
    const converted = await toHalf(
      `g (float[6] x) => (y) <float[6] m = {-3.4e38, 1e30, 1e-9, -1e-9, 0, -inf}> { y = Max (x, m) }`,
    );
    const floats = [...floatsOf(constant(converted.model, 'm'))];
    expect(floats).toEqual([-65504, 65504, 2 ** -24, -(2 ** -24), 0, Number.NEGATIVE_INFINITY]);
    expect(converted.outcome.notes).toEqual([
      '2 casts between float32 and float16',
      "2 values of 'm' beyond float16's range: set to +-65504",
      "2 values of 'm' too small for float16: set to +-5.96e-8, the smallest it has",
    ]);
  });

  it('counts a constant once, however often the model is written', async () => {
    const converted = await toHalf('g (float[1] x) => (y) <float[1] m = {-3.4e38}> { y = Max (x, m) }');
    encodeModel(converted.model);
    encodeModel(converted.model);
    expect(converted.outcome.notes).toContain("1 value of 'm' beyond float16's range: set to +-65504");
  });

  it('keeps a node whose parameters are ordinary numbers out of range', async () => {
    const converted = await toHalf(
      `g (float[1,2,2,2] x) => (y) <float[2] s = {1, 2}, float[2] b = {0, 1}, float[2] m = {3, 4}, float[2] v = {90000, 4}, float[2,2,1,1] w = {1, 2, 3, 4}> {
        c = Conv (x, w)
        n = BatchNormalization (c, s, b, m, v)
        y = Conv (n, w)
      }`,
    );
    expect(castsOf(converted.model)).toEqual([
      'x > x_float16',
      'c > c_float32',
      'n > n_float16',
      'y_float16 > y',
    ]);
    expect(converted.outcome.skipped.map(({ reason }) => reason)).toContain(
      "'v' reaches 9.00e+4, half precision ends at 65504",
    );
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('stores a large constant once and casts it up where it is wanted in float32', async () => {
    const text =
      'g (float[1,64] x) => (y) <float[1] w = {0}> { a = MatMul (x, w) b = Mul (w, w) c = MatMul (a, b) y = Relu (c) }';
    const { model } = await withMatrix(text, matrix(), without('Mul'));
    expect(constant(model, 'w').dtype).toBe('float16');
    expect(castsOf(model)).toEqual(['x > x_float16', 'w > w_float32', 'b > b_float16', 'y_float16 > y']);
  });

  it('stores a large constant twice when half precision cannot hold it', async () => {
    const floats = matrix();
    floats[5] = 1e6;
    const text =
      'g (float[1,64] x) => (y) <float[1] w = {0}> { a = MatMul (x, w) b = Neg (w) c = MatMul (a, b) y = Relu (c) }';
    const { model, outcome } = await withMatrix(text, floats, without('Neg'));
    expect(floatsOf(constant(model, 'w'))).toEqual(floats);
    expect(outcome.skipped.map(({ reason }) => reason)).toContain(
      "'w' reaches 1.00e+6, half precision ends at 65504",
    );
  });

  it('keeps a small constant exact where it is used in float32', async () => {
    const converted = await toHalf(
      `g (float[2,2] x) => (y) <float[2,2] w = {0.1, 0.2, 0.3, 0.4}> {
        a = MatMul (x, w)
        e = Pow (a, w)
        y = MatMul (e, w)
      }`,
      { select: without('Pow') },
    );
    expect(floatsOf(constant(converted.model, 'w'))).toEqual(Float32Array.of(0.1, 0.2, 0.3, 0.4));
    expect(constant(converted.model, 'w_float16').dtype).toBe('float16');
  });

  it('converts tied weights once', async () => {
    const model = parseModel(
      'g (float[1,64] x) => (y) <float[1] w = {0}, float[1] v = {0}> { a = MatMul (x, w) y = MatMul (a, v) }',
    );
    const tied = Tensor.of('float32', [64, 64], matrix());
    for (const value of model.graph.initializers) value.tensor = tied;
    await inferTypes(model);
    const options = { dtype: 'float16', halfIo: false, select: () => null, measure: false } as const;
    await convertToHalf(model, options, silentContext(), new Outcome());
    expect(constant(model, 'w').source).toBe(constant(model, 'v').source);
  });

  it('changes the type of an IR 3 input that is a constant', async () => {
    const converted = await toHalf(
      `<ir_version: 3, opset_import: ["": 9]>
      g (float[1,2] x, float[2,2] w) => (float[1,2] y) <float[2,2] w = {1, 2, 3, 4}> { y = MatMul (x, w) }`,
    );
    expect(converted.text).toContain('g (float[1,2] x, float16[2,2] w)');
    const x = { dtype: 'float32', dims: [1, 2], data: Float32Array.of(1, 2) } as const;
    const { exact, half } = await runBoth(converted, { x });
    expect(half.map(({ y }) => y)).toEqual([exact['y'], exact['y']]);
  });

  it('lifts weights out of Constant nodes', async () => {
    const converted = await toHalf(
      `g (float[1,2] x) => (y) { w = Constant <value = float[2,2] {1, 2, 3, 4}> () y = MatMul (x, w) }`,
    );
    expect(constant(converted.model, 'w').dtype).toBe('float16');
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });
});
