/** Every gradient rule and decomposition, against numeric derivatives of onnxruntime's own results. */
import { describe, expect, it } from 'vitest';
import { operators } from '../../../src/ops/table.ts';
import { checkGradient, mentions } from './check.ts';
import { samples } from './samples.ts';

describe('gradients', () => {
  for (const sample of samples)
    it(`${sample.op}${sample.about ? `: ${sample.about}` : ''}`, async () => {
      expect(mentions(sample)).toBe(true);
      await checkGradient(sample);
    });

  it('each operator that can be differentiated has a sample', () => {
    const sampled = new Set(samples.map(({ op }) => op));
    const differentiable = operators.filter(({ gradient }) => gradient && gradient !== 'none');
    expect(differentiable.map(({ type }) => type).filter((type) => !sampled.has(type))).toEqual([]);
  });
});
