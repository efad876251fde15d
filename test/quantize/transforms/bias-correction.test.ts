/** Bias correction: the shift by plain loops, means restored, normal distributions against integrals. */
import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../../src/ir/floats.ts';
import type { Model } from '../../../src/ir/model.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import { channelLayout } from '../../../src/numeric/range.ts';
import { cloneModel } from '../../../src/onnx/read.ts';
import { runPasses } from '../../../src/passes/pass.ts';
import { pipelines } from '../../../src/passes/table.ts';
import { correctBiases } from '../../../src/quantize/transforms/bias-correction.ts';
import { expectedShift } from '../../../src/quantize/transforms/expected-shift.ts';
import { clippedNormalMean } from '../../../src/quantize/transforms/gaussian.ts';
import { measuredShifts } from '../../../src/quantize/transforms/measured-shift.ts';
import { batchNormMoments } from '../../../src/quantize/transforms/moments.ts';
import { roundedWeight } from '../../../src/quantize/transforms/rounded-weight.ts';
import { normal } from '../../../src/random.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { silentContext } from '../../../src/step.ts';
import { quantize } from '../../support/quantized.ts';
import { Network, OPTIONS } from './networks.ts';

/** Four bits: shifts that are worth correcting. */
const COARSE = { ...OPTIONS, weightBits: 4 };
const RUN = { data: 'synthetic?rows=48', samples: 48 };

describe('the expected shift', () => {
  it("is (W' - W) E[x], by loops over a convolution of two groups", () => {
    const next = normal(3);
    const [groups, out, inside, kernel] = [2, 3, 4, 9];
    const weight = Float32Array.from({ length: groups * out * inside * kernel }, next);
    const quantized = weight.map((value) => Math.round(value * 2) / 2);
    const mean = Float64Array.from({ length: groups * inside }, next);
    const naive = new Float64Array(groups * out);
    for (let g = 0; g < groups; g++)
      for (let o = 0; o < out; o++)
        for (let i = 0; i < inside; i++)
          for (let k = 0; k < kernel; k++) {
            const at = ((g * out + o) * inside + i) * kernel + k;
            naive[g * out + o] =
              (naive[g * out + o] as number) +
              ((quantized[at] as number) - (weight[at] as number)) * (mean[g * inside + i] as number);
          }
    const place = (at: number) => ({
      output: Math.floor(at / kernel / inside),
      input: Math.floor(at / kernel / inside / out) * inside + (Math.floor(at / kernel) % inside),
    });
    const found = expectedShift(
      {
        weight,
        quantized,
        inputs: Int32Array.from(weight, (_, at) => place(at).input),
        outputs: Int32Array.from(weight, (_, at) => place(at).output),
        channels: groups * out,
      },
      mean,
    );
    for (const [c, value] of naive.entries()) expect(found[c]).toBeCloseTo(value, 10);
  });
});

describe('a corrected model', () => {
  it('has the means of the float model once its weights are rounded: Conv, Gemm, MatMul with a sum', async () => {
    const model = await threeProducts();
    const values = model.graph.nodes
      .filter(({ op }) => op === 'Gemm' || op === 'Add')
      .map((node) => ({ name: node.output()?.name ?? '', axis: 1, size: 6 }));
    const before = await measuredShifts(model, await rounded(model), values, RUN, silentContext());
    const corrected = cloneModel(model);
    await inferTypes(corrected);
    const { corrected: layers } = await correctBiases(corrected, { ...COARSE, ...RUN }, silentContext());
    expect(layers).toHaveLength(3);
    const after = await measuredShifts(model, await rounded(corrected), values, RUN, silentContext());
    for (const { name } of values)
      expect(largest(after.get(name))).toBeLessThan(largest(before.get(name)) / 5);
  });

  it('counts the padding that kernels meet at the rim of small pictures', async () => {
    const net = new Network([4, 6, 3, 3]);
    const model = await net.done(
      net.op(
        'Conv',
        [net.op('Abs', [net.input]), net.constant('w', [6, 6, 5, 5], 1), net.constant('b', [6], 0.1)],
        { pads: [2, 2, 2, 2] },
      ),
    );
    const values = [{ name: model.graph.outputs[0]?.name ?? '', axis: 1, size: 6 }];
    const corrected = cloneModel(model);
    await inferTypes(corrected);
    await correctBiases(corrected, { ...COARSE, ...RUN }, silentContext());
    const [before, after] = await Promise.all(
      [model, corrected].map(async (each) =>
        measuredShifts(model, await rounded(each), values, RUN, silentContext()),
      ),
    );
    const [name = ''] = values.map((value) => value.name);
    expect(largest(after?.get(name))).toBeLessThan(largest(before?.get(name)) / 1000);
  });

  it('leaves products without a bias alone, with that reason', async () => {
    const net = new Network([8, 6]);
    const model = await net.done(net.op('MatMul', [net.input, net.constant('w', [6, 6], 1)]));
    const { left } = await correctBiases(model, COARSE, silentContext());
    expect(left.map(({ reason }) => reason)).toEqual(['it has no bias']);
  });

  it('needs data or BatchNormalization', async () => {
    const model = await threeProducts();
    await expect(correctBiases(model, { ...COARSE, data: undefined }, silentContext())).rejects.toMatchObject(
      {
        code: 'USAGE',
      },
    );
  });
});

describe('without data', () => {
  it.for(['int8-weights', 'int8-dynamic'] as const)(
    '%s corrects what batch norms tell of',
    async (scheme) => {
      const [plain, corrected] = [await normalized(), await normalized()];
      const before = await quantize(plain, scheme, { target: 'x64-vnni' });
      const after = await quantize(corrected, scheme, {
        target: 'x64-vnni',
        transforms: ['bias-correction', 'smoothquant'].slice(0, scheme === 'int8-weights' ? 2 : 1),
      });
      expect(after.outcome.prepared.map(({ detail }) => detail).join()).toMatch(
        /^bias-correction: channels moved/,
      );
      expect(after.changed).toEqual(before.changed);
      const differ = [...corrected.graph.initializers].filter(({ name, tensor }) => {
        const other = [...plain.graph.initializers].find((value) => value.name === name)?.tensor;
        return !other || !tensor || Buffer.compare(tensor.bytes(), other.bytes()) !== 0;
      });
      // The bias behind the second weight, which reads what the norm made.
      expect(differ.map(({ tensor }) => tensor?.dims)).toEqual([[4]]);
      if (scheme === 'int8-weights') expect(after.outcome.notes.join()).toMatch(/smoothquant: left out/);
    },
  );

  it('takes the mean behind BatchNormalization and Relu from the norm: as with data that is so distributed', async () => {
    const model = await normalized();
    const moments = batchNormMoments(model);
    await runPasses(model, pipelines['prepare-quantize'], silentContext());
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(['Conv', 'Relu', 'Conv']);
    await inferTypes(model);
    const { corrected, left } = await correctBiases(
      model,
      { ...COARSE, data: undefined, moments },
      silentContext(),
    );
    expect(left.map(({ reason }) => reason)).toEqual(['the mean of its input is unknown']);
    const [layer] = corrected;
    // E[max(x, 0)] for x of mean m and deviation d, times the rounding errors of the second weight.
    const weight = layer?.contraction.node.constant(1) as Tensor;
    const [values, codes] = [
      floatsOf(weight),
      roundedWeight(floatsOf(weight), channelLayout(weight.dims, 0), 4),
    ];
    for (let o = 0; o < 4; o++) {
      let shift = 0;
      for (let i = 0; i < 5; i++) {
        const at = o * 5 + i;
        const mean = byIntegral(SHIFTS[i] as number, SCALES[i] as number, 0, Infinity);
        shift += ((codes[at] as number) - (values[at] as number)) * mean;
      }
      expect(layer?.shift[o]).toBeCloseTo(shift, 5);
    }
  });

  it.for([
    [0, 1, 0, Infinity],
    [0.3, 2, 0, 6],
    [-4, 0.7, 0, Infinity],
    [5, 1.5, 0, 6],
    [1, 3, -Infinity, 2],
    [0.5, 0.2, -Infinity, Infinity],
  ] as const)(
    'E[clip(x)] for mean %d, deviation %d, bounds %d and %d is the integral',
    ([mean, deviation, low, high]) => {
      expect(clippedNormalMean(mean, deviation, low, high)).toBeCloseTo(
        byIntegral(mean, deviation, low, high),
        8,
      );
    },
  );

  it('a deviation of zero is a constant', () => {
    expect(clippedNormalMean(7, 0, 0, 6)).toBe(6);
  });
});

const SHIFTS = [0.5, -0.3, 1, 0, 0.2];
const SCALES = [1, 2, 0.5, 1.5, 0.1];

/** Simpson's rule over eight deviations on either side. */
function byIntegral(mean: number, deviation: number, low: number, high: number): number {
  const steps = 400_000;
  const width = 16 / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const z = -8 + i * width;
    const value = Math.min(Math.max(mean + deviation * z, low), high);
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += (weight * value * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
  }
  return (sum * width) / 3;
}

function threeProducts(): Promise<Model> {
  const net = new Network([4, 6, 5, 5]);
  const positive = net.op('Abs', [net.input]);
  const conv = net.op('Conv', [positive, net.constant('w1', [6, 6, 1, 1], 1), net.constant('b1', [6], 0.1)]);
  const flat = net.op('Flatten', [net.op('GlobalAveragePool', [net.op('Relu', [conv])])]);
  const gemm = net.op('Gemm', [flat, net.constant('w2', [6, 6], 1), net.constant('b2', [6], 0.1)], {
    transB: 1,
  });
  const product = net.op('MatMul', [net.op('Relu', [gemm]), net.constant('w3', [6, 6], 1)]);
  return net.done(net.op('Add', [product, net.constant('b3', [6], 0.1)]));
}

function normalized(): Promise<Model> {
  const net = new Network([4, 3, 6, 6]);
  const vector = (name: string, values: readonly number[]) => {
    const value = net.constant(name, [values.length], 0);
    value.tensor = Tensor.of('float32', [values.length], Float32Array.from(values));
    return value;
  };
  const conv = net.op('Conv', [net.input, net.constant('w1', [5, 3, 3, 3], 1)]);
  const norm = net.op('BatchNormalization', [
    conv,
    vector('gamma', SCALES),
    vector('beta', SHIFTS),
    vector('mean', [0.1, 0.2, 0, 0.4, -0.3]),
    vector('variance', [1, 2, 3, 0.5, 1]),
  ]);
  const second = net.op('Conv', [
    net.op('Relu', [norm]),
    net.constant('w2', [4, 5, 1, 1], 1),
    net.constant('b2', [4], 1),
  ]);
  return net.done(second);
}

/** The model with all weights rounded to four bits. */
async function rounded(original: Model): Promise<Model> {
  const model = cloneModel(original);
  for (const value of model.graph.initializers) {
    const { tensor } = value;
    if (!tensor || tensor.dims.length < 2) continue;
    const [use] = value.uses;
    const axis = use?.node.op === 'MatMul' ? 1 : 0;
    value.tensor = Tensor.of(
      'float32',
      tensor.dims,
      roundedWeight(floatsOf(tensor), channelLayout(tensor.dims, axis), 4),
    );
  }
  await inferTypes(model);
  return model;
}

function largest(shift: Float64Array | undefined): number {
  return Math.max(...(shift ?? [Number.NaN]).map(Math.abs));
}
