import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { floatsOf } from '../../src/ir/floats.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { convertToHalf, type HalfOptions } from '../../src/quantize/half/convert.ts';
import { Outcome } from '../../src/quantize/outcome.ts';
import { normal } from '../../src/random.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { parseModel } from '../support/parse.ts';
import { type Converted, castsOf, fidelity, nodesOf, toHalf, without } from './half-support.ts';

const TEXT = `g (float[1,32] x) => (y) <float[1] w = {0}, float[32] b = {0}> {
  a = MatMul (x, w)
  c = Add (a, b)
  d = MatMul (c, w)
  y = Relu (d)
}`;

async function bfloat16(options: Partial<HalfOptions> = {}): Promise<Converted> {
  const make = () => {
    const model = parseModel(TEXT.replace('float[32] b = {0}', `float[32] b = {${Array(32).fill(0.5)}}`));
    const next = normal(3);
    for (const value of model.graph.initializers)
      if (value.name === 'w')
        value.tensor = Tensor.of('float32', [32, 32], Float32Array.from({ length: 1024 }, next));
    return model;
  };
  const [before, model] = [make(), make()];
  await inferTypes(model);
  const outcome = new Outcome();
  const defaults = { dtype: 'bfloat16', halfIo: false, select: () => null, measure: false } as const;
  await convertToHalf(model, { ...defaults, ...options }, silentContext(), outcome);
  return { before, model, text: '', outcome };
}

describe('bfloat16', () => {
  it('stores weights and casts each once; the graph stays float32 and runs', async () => {
    const converted = await bfloat16();
    expect(castsOf(converted.model)).toEqual(['w > w_float32']);
    expect(converted.outcome.changed.map(({ what }) => what)).toEqual(['w']);
    expect(converted.outcome.skipped).toEqual([
      { what: 'b', kind: 'tensor', bytes: 128, reason: 'fewer than 256 elements' },
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(40);
  });

  it('leaves a weight alone when one of its users is excluded', async () => {
    const converted = await bfloat16({ select: without('MatMul') });
    expect(converted.outcome.changed).toEqual([]);
    expect(converted.outcome.skipped.map(({ reason }) => reason)).toContain('excluded by --exclude');
  });

  it('makes the whole graph bfloat16 together with inputs and outputs', async () => {
    const { model, outcome } = await bfloat16({ halfIo: true });
    expect(castsOf(model)).toEqual([]);
    expect(nodesOf(model, 'MatMul').flatMap((node) => node.inputs.map((value) => value?.dtype))).toEqual(
      Array(4).fill('bfloat16'),
    );
    expect([...model.graph.inputs, ...model.graph.outputs].map(({ dtype }) => dtype)).toEqual([
      'bfloat16',
      'bfloat16',
    ]);
    expect(outcome.notes).toContain(
      "a bfloat16 graph is for accelerators: onnxruntime's CPU provider has no kernels for it",
    );
  });

  it('does not round the largest float32 to an infinity', async () => {
    const { model, outcome } = await toHalf(
      'g (float[1] x) => (y) <float[1] m = {-3.4028234e38}> { y = Max (x, m) }',
      {
        dtype: 'bfloat16',
        halfIo: true,
      },
    );
    const [m] = [...model.graph.initializers];
    expect(m?.tensor && floatsOf(m.tensor)[0]).toBe(-3.3895313892515355e38);
    expect(outcome.notes).toContain("1 value of 'm' beyond bfloat16's range: set to +-3.390e+38");
  });

  it('needs opset 13', async () => {
    const old = `<ir_version: 8, opset_import: ["": 12]> ${TEXT}`;
    await expect(toHalf(old.replace('w = {0}', 'w = {1}'), { dtype: 'bfloat16' })).rejects.toThrow(LlmcError);
  });
});
