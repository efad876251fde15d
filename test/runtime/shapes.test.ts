/** Types of values as onnxruntime tells them, with what the file states of outputs where that says more. */
import { expect, it } from 'vitest';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { noisyModel } from '../support/quantized.ts';

const shapesOf = async (graph: string) => {
  const model = noisyModel(graph);
  await inferTypes(model);
  return model.graph.outputs.map(({ type }) => type?.shape);
};

it('keeps stated sizes and names of outputs that the runtime does not know', async () => {
  const squeezed = `g (float[N,3,8,8] x, int64[2] sizes) => (float[N,size,4,4] y)
    { a = Shape <end = 2> (x) to = Concat <axis = 0> (a, sizes) y = Resize <mode = "nearest"> (x, "", "", to) }`;
  expect(await shapesOf(squeezed)).toEqual([['N', 'size', 4, 4]]);
});

it('believes the runtime where it knows a size', async () => {
  const wrong = 'g (float[N,4] x) => (float[M,K] y) <float[4,6] w = {0}> { y = MatMul(x, w) }';
  expect(await shapesOf(wrong)).toEqual([['M', 6]]);
});
