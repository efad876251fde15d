/** Rows are turned behind a product: the same outputs, and half-precision models that onnxruntime can load. */
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { runPasses } from '../../src/passes/pass.ts';
import { transposeBehind } from '../../src/passes/transpose-behind.ts';
import { convertToHalf } from '../../src/quantize/half/convert.ts';
import { Outcome } from '../../src/quantize/outcome.ts';
import { openSession } from '../../src/runtime/session.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { noisyModel } from '../support/quantized.ts';

const context = silentContext({ threads: 1 });
const GRAPHS = {
  'the first axis behind the second': `g (float[N,17,12] x) => (float[17,N,5] y) <float[12,5] w = {0}>
    { t = Transpose <perm = [1,0,2]> (x) y = MatMul(t, w) }`,
  'four axes, two products': `g (float[N,3,4,12] x) => (float[3,4,N,5] y, float[3,4,N,2] z)
    <float[12,5] w = {0}, float[12,2] v = {0}>
    { t = Transpose <perm = [1,2,0,3]> (x) y = MatMul(t, w) z = MatMul(t, v) }`,
  'the first axis is summed over': `g (float[12,17,9] x) => (float[17,9,5] y) <float[12,5] w = {0}>
    { t = Transpose <perm = [1,2,0]> (x) y = MatMul(t, w) }`,
};

async function answer(model: Model): Promise<number[]> {
  const session = await openSession({ model: encodeModel(model) }, { threads: 1 });
  try {
    const dims = (session.inputs[0]?.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 3));
    const size = dims.reduce((all, dim) => all * dim, 1);
    const data = Float32Array.from({ length: size }, (_, at) => Math.sin(at));
    const found = await session.run({ x: { dtype: 'float32', dims, data } });
    return Object.values(found).flatMap((tensor) => Array.from(tensor.data as Float32Array));
  } finally {
    await session.release();
  }
}

describe('transposes behind products', () => {
  it.for(Object.entries(GRAPHS))('%s: the same outputs', async ([, graph]) => {
    const [before, after] = [noisyModel(graph), noisyModel(graph)];
    await runPasses(after, [transposeBehind], context);
    const [a, b] = [await answer(before), await answer(after)];
    for (const [at, value] of b.entries()) expect(value).toBeCloseTo(a[at] as number, 5);
  });

  // onnxruntime 1.30 ends the process with a segmentation fault where this goes wrong.
  it.for(Object.entries(GRAPHS))('%s: loads and runs in half precision', async ([, graph]) => {
    const model = noisyModel(graph);
    const before = await answer(model);
    await inferTypes(model);
    const options = {
      dtype: 'float16',
      halfIo: false,
      select: () => null,
      measure: false,
      samples: 8,
      data: undefined,
    };
    await convertToHalf(model, options as Parameters<typeof convertToHalf>[1], context, new Outcome());
    const after = await answer(model);
    for (const [at, value] of after.entries())
      expect(Math.abs(value - (before[at] as number))).toBeLessThan(0.05 * Math.max(1, Math.abs(value)));
  });
});
