import { describe, expect, it } from 'vitest';
import { weightBytes } from '../../src/onnx/layout.ts';
import { openModel } from '../../src/onnx/read.ts';
import { tensorSizes } from '../../src/onnx/tensor-sizes.ts';

const MODEL = new URL('../../fixtures/demo/model.onnx', import.meta.url).pathname;

describe('sizes of tensors', () => {
  it.each([0, 1, 3, 1000])('add up to all weights with %i named', (most) => {
    const { model } = openModel(MODEL);
    const { largest, others } = tensorSizes(model, most);
    const sum = (items: readonly { readonly bytes: number }[]) =>
      items.reduce((total, { bytes }) => total + bytes, 0);
    expect(sum(largest) + sum(others)).toBe(weightBytes(model));
    expect(largest.length).toBeLessThanOrEqual(most);
    expect(largest.map(({ bytes }) => bytes)).toEqual(
      largest.map(({ bytes }) => bytes).sort((a, b) => b - a),
    );
  });
});
