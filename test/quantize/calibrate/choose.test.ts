/** auto on rows with heavy tails: never worse than minmax on rows it has not found ranges on. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import type { Model } from '../../../src/ir/model.ts';
import { Similarity } from '../../../src/numeric/similarity.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import type { CalibrationMethod } from '../../../src/quantize/calibrate/request.ts';
import { splitRows } from '../../../src/quantize/calibrate/trial.ts';
import { normal } from '../../../src/random.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { Folder } from '../../support/folder.ts';
import { npz } from '../../support/npz.ts';
import { noisyModel, quantize } from '../../support/quantized.ts';
import { EXACT, floats } from '../../support/static.ts';

const folder = new Folder('choose');
const [ROWS, WIDTH] = [64, 32];
const MODEL = `g (float[n,32] x) => (float[n,32] y) <float[32,32] w = {0}, float[32,32] v = {0}> {
  a = MatMul(x, w) r = Relu(a) y = MatMul(r, v) }`;

/** The power of a normal number: the larger, the more of the output hangs on few values. */
function rowsOf(power: number): Float32Array {
  const next = normal(11);
  return Float32Array.from({ length: ROWS * WIDTH }, () => {
    const x = next();
    return Math.sign(x) * Math.abs(x) ** power;
  });
}

async function outputs(model: Model, data: Float32Array): Promise<Float32Array> {
  const x: HostTensor = { dtype: 'float32', dims: [data.length / WIDTH, WIDTH], data };
  const session = await openSession({ model: encodeModel(model) }, { threads: 1, optimize: 'disabled' });
  try {
    return floats(await session.run({ x }), 'y');
  } finally {
    await session.release();
  }
}

describe.for([1, 3, 5])('normal numbers to the power of %i', (power) => {
  const data = rowsOf(power);
  const { judged } = splitRows(ROWS);
  const heldOut = data.slice(judged * WIDTH);

  async function sqnr(calibration: CalibrationMethod): Promise<number> {
    const path = folder.at('x.npz');
    writeFileSync(path, npz({ x: { dtype: 'float32', dims: [ROWS, WIDTH], data } }));
    const { model } = await quantize(noisyModel(MODEL), 'int8', { ...EXACT, calibration, data: path });
    const similarity = new Similarity();
    similarity.add(await outputs(noisyModel(MODEL), heldOut), await outputs(model, heldOut));
    return similarity.sqnrDb ?? Infinity;
  }

  it('auto is no worse than minmax, but for what rounded weights add', async () => {
    expect(await sqnr('auto')).toBeGreaterThan((await sqnr('minmax')) - 0.5);
  });
});

it('rows are kept back where there are enough', () => {
  expect(splitRows(200)).toEqual({ found: 168, judged: 168, rows: 200 });
  expect(splitRows(64)).toEqual({ found: 48, judged: 48, rows: 64 });
  expect(splitRows(5)).toEqual({ found: 5, judged: 0, rows: 5 });
});
