/** Weights and biases of calibrated int8 against the definition: codes, steps, int32 biases that fit. */

import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../../src/ir/floats.ts';
import type { Model } from '../../../src/ir/model.ts';
import type { Tensor } from '../../../src/ir/tensor.ts';
import { nodesOf, numberOf, quantized } from '../../support/static.ts';
import { STATIC_NAMES, staticGraph } from '../../support/static-graphs.ts';

function constant(model: Model, name: string): Tensor {
  const found = [...model.graph.initializers].find((value) => value.name === name)?.tensor;
  if (!found) throw new Error(`the model has no ${name}`);
  return found;
}

const numbers = (tensor: Tensor): number[] => Array.from(tensor.array(), Number);

describe('a weight', () => {
  it('has a scale for each output channel, laid over its largest element', async () => {
    const { model } = await quantized('one Conv', { reduceRange: false });
    const weight = floatsOf(constant(staticGraph('one Conv'), 'w'));
    const scales = numbers(constant(model, 'w_scale'));
    const codes = numbers(constant(model, 'w_quantized'));
    expect(scales).toHaveLength(8);
    for (const [channel, scale] of scales.entries()) {
      const row = weight.subarray(channel * 72, (channel + 1) * 72);
      expect(scale).toBeCloseTo(Math.max(...row.map(Math.abs)) / 127, 9);
      for (const [at, value] of row.entries())
        expect(Math.abs((codes[channel * 72 + at] as number) * scale - value)).toBeLessThanOrEqual(
          scale * 0.5001,
        );
    }
  });

  it('is stored once for two layers', async () => {
    const { model } = await quantized('one weight for two');
    expect([...model.graph.initializers].filter(({ tensor }) => tensor?.size === 256)).toHaveLength(1);
  });

  it('in a branch is stored where it was', async () => {
    const { model } = await quantized('branches with layers');
    const [pick] = nodesOf(model, 'If');
    const inner = (pick?.subgraphs ?? []).map((body) => [...body.initializers].map(({ name }) => name));
    expect(inner[0]).toContain('wa_quantized');
    expect([...model.graph.initializers].map(({ name }) => name)).toContain('w_quantized');
  });

  it('leaves no float copy behind', async () => {
    for (const name of STATIC_NAMES) {
      const { model } = await quantized(name);
      const unread = nodesOf(model).flatMap(({ graph }) => [...(graph?.initializers ?? [])]);
      expect(unread.filter((value) => value.useCount === 0).map((value) => value.name)).toEqual([]);
    }
  });
});

describe('a bias', () => {
  it('has the product of both scales as its step, and is rounded', async () => {
    for (const name of STATIC_NAMES) {
      const { model } = await quantized(name);
      for (const node of nodesOf(model, 'Conv', 'Gemm')) {
        const [data, weight, bias] = node.inputs.map((value) => value?.producer);
        if (bias?.op !== 'DequantizeLinear' || !data || !weight) continue;
        const step = numberOf(data.input(1));
        const scales = numbers(weight.constant(1) as Tensor);
        const steps = numbers(bias.constant(1) as Tensor);
        expect(steps).toHaveLength(scales.length);
        for (const [channel, scale] of scales.entries())
          expect(steps[channel]).toBe(Math.fround(Math.fround(step) * scale));
        expect(bias.constant(0)?.dtype).toBe('int32');
      }
    }
  });

  it('that int32 could not hold widens the scale of its channel', async () => {
    const { model } = await quantized('a bias beyond int32');
    const codes = numbers(constant(model, 'b_quantized'));
    const steps = numbers(constant(model, 'b_quantized_scale'));
    for (const [at, bias] of [900, -40].entries()) {
      const [code, step] = [codes[at] as number, steps[at] as number];
      expect(Math.abs(code)).toBeLessThan(2 ** 31 - 1);
      expect(Math.abs(code * step - bias) / Math.abs(bias)).toBeLessThan(1e-6);
    }
  });

  it('of a channel of zeros is fine all the same', async () => {
    const { model } = await quantized('a channel of zeros');
    const [code, step] = [constant(model, 'b_quantized'), constant(model, 'b_quantized_scale')].map(
      (tensor) => numbers(tensor)[1] as number,
    );
    expect(numbers(constant(model, 'w_quantized')).slice(2, 4)).toEqual([0, 0]);
    expect((code as number) * (step as number)).toBeCloseTo(3.5, 5);
  });

  it('shared by two layers has a step for each', async () => {
    const { model } = await quantized('one bias for two');
    const biases = nodesOf(model, 'Gemm').map((node) => node.input(2)?.producer?.input(0)?.name);
    expect(new Set(biases).size).toBe(2);
  });
});
