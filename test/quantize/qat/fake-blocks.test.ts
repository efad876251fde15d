/** Matrices in blocks: loosened for training they compute the same, tightened again they are what they were, or were taught. */
import { expect, it } from 'vitest';
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { floatsOf } from '../../../src/ir/floats.ts';
import type { Model } from '../../../src/ir/model.ts';
import { printModel } from '../../../src/ir/print.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import { runPasses } from '../../../src/passes/pass.ts';
import { removeDead } from '../../../src/passes/remove-dead.ts';
import { sort } from '../../../src/passes/sort.ts';
import { Dressed } from '../../../src/quantize/qat/train-quantized.ts';
import { normal } from '../../../src/random.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { silentContext } from '../../../src/step.ts';
import { noisyModel, type Options, quantize } from '../../support/quantized.ts';

/** A table that is a matrix, too; a matrix whose blocks do not fill up; one with a factor and a bias. */
const MODEL = `g (int64[N] i) => (float[N,24] y, float[N,64] z)
  <float[64,48] table = {0}, float[48,72] w = {0}, float[72,24] v = {0}, float[24] b = {0}>
  { a = Gather(table, i) t = Transpose <perm = [1, 0]> (table) z = MatMul(a, t)
    h = MatMul(a, w) r = Relu(h) y = Gemm <alpha = 0.5, beta = 2.0> (r, v, b) }`;

async function outputs(model: Model): Promise<number[][]> {
  const session = await openSession({ model: encodeModel(model) }, { threads: 1, optimize: 'disabled' });
  const data = BigInt64Array.from([3n, 0n, 63n, 17n]);
  const found = await session.run({ i: { dtype: 'int64', dims: [4], data } as HostTensor });
  await session.release();
  return Object.values(found).map(({ data: own }) => Array.from(own as Float32Array));
}

const CASES: readonly Options[] = [
  { bits: 4, blockSize: 16 },
  { bits: 4, blockSize: 16, symmetric: true },
  { bits: 2, blockSize: 16, rounding: 'hqq' },
  { bits: 8, blockSize: 16 },
];

it.each(CASES)('%o', async (options) => {
  const made = async () => (await quantize(noisyModel(MODEL), 'int4', options)).model;
  const tidy = (model: Model) => runPasses(model, [removeDead, sort], silentContext({ threads: 1 }));
  for (const scales of ['fixed', 'learned'] as const) {
    const [before, model] = [await made(), await made()];
    expect(before.graph.nodes.some(({ op }) => op === 'MatMulNBits')).toBe(true);
    const idle = new Dressed();
    idle.dress(model, { scales });
    expect(model.graph.nodes.some(({ domain }) => domain === 'com.microsoft')).toBe(false);
    expect(close(await outputs(model), await outputs(before))).toBe(true);
    idle.undress(model);
    await tidy(model);
    expect(opsOf(before).length).toBe(before.graph.nodeCount);
    expect(opsOf(model)).toEqual(opsOf(before));
    expect(await outputs(model)).toEqual(await outputs(before));

    const dressed = new Dressed();
    const trained = dressed.dress(model, { scales });
    const noise = normal(4);
    for (const value of model.graph.initializers) {
      if (!value.tensor || !trained.has(value.name)) continue;
      const learned = value.name.endsWith('_learned');
      const move = (one: number) => one + (learned ? 0.05 : 0.1) * noise();
      value.tensor = Tensor.of('float32', value.tensor.dims, floatsOf(value.tensor).map(move));
    }
    const taught = await outputs(model);
    dressed.undress(model);
    await tidy(model);
    const saved = await outputs(model);
    expect(close(saved, taught)).toBe(true);
    expect(close(saved, await outputs(before))).toBe(false);
    expect(opsOf(model)).toEqual(opsOf(before));
  }
});

/** Nodes with their attributes. */
function opsOf(model: Model): string[] {
  return printModel(model)
    .split('\n')
    .flatMap((line) =>
      / = .*\(/.test(line) ? [line.replace(/^.* = (?=[\w.]+ )/, '').replace(/\([^()]*\)$/, '')] : [],
    )
    .sort();
}

function close(one: readonly number[][], other: readonly number[][]): boolean {
  return one.every((row, at) => row.every((value, i) => Math.abs(value - (other[at]?.[i] ?? 0)) < 1e-4));
}
