import { describe, expect, it } from 'vitest';
import { printModel } from '../../src/ir/print.ts';
import { runPasses } from '../../src/passes/pass.ts';
import { removeDead } from '../../src/passes/remove-dead.ts';
import { silentContext } from '../../src/step.ts';
import { apply, applyUnrun } from '../support/apply.ts';
import { parseModel } from '../support/parse.ts';

describe('remove-dead', () => {
  it('removes chains nobody reads, and what only they read, out of branches too', async () => {
    const { text, changes } = await apply(
      `g (bool c, float[2] x) => (y) <float[2] w = {1, 2}, float[2] v = {3, 4}, float[2] unused = {5, 6}> {
        a = Add (x, w)
        b = Neg (a)
        outer = Abs (x)
        y = If <
          then_branch = t () => (float[2] p) <float[2] u = {7, 8}> { d = Add (outer, u) p = Add (x, v) },
          else_branch = e () => (float[2] q) { q = Neg (x) }
        > (c)
      }`,
      removeDead,
    );
    expect(changes).toEqual([
      'removed unused node: 4 (d (Add), outer (Abs), b (Neg), ...)',
      'removed unused initializer: 3 (w, unused, u)',
    ]);
    expect(text).toMatchInlineSnapshot(`
      "g (bool c, float[2] x) => (y)
        <float[2] v = {3, 4}>
      {
        y = If <then_branch = t () => (float[2] p)
        {
          p = Add (x, v)
        }, else_branch = e () => (float[2] q)
        {
          q = Neg (x)
        }> (c)
      }
      "
    `);
  });

  it('keeps inputs, outputs, and defaults that callers may replace', async () => {
    const { changes } = await apply(
      'g (float[2] x, float[2] spare = {1, 2}) => (y, k) <float[2] k = {3, 4}> { y = Neg (x) }',
      removeDead,
    );
    expect(changes).toEqual([]);
  });

  it('takes unused constants of IR 3 out of the inputs', async () => {
    const { text } = await apply(
      '<ir_version: 3, opset_import: ["": 9]> g (float[2] x, float[2] w = {1, 2}) => (y) { y = Neg (x) }',
      removeDead,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x) => (y)
      {
        y = Neg (x)
      }
      "
    `);
  });

  it('removes functions and imports that nothing uses', async () => {
    const text = `<ir_version: 8, opset_import: ["": 17, "own": 1, "com.microsoft": 1, "ai.onnx.ml": 3]>
      g (float[2] x) => (y) { y = own.used (x) }
      <domain: "own", opset_import: ["": 17, "own": 1]> used (v) => (w) { w = own.inner (v) }
      <domain: "own", opset_import: ["": 17]> inner (v) => (w) { w = Neg (v) }
      <domain: "own", opset_import: ["": 17]> unused (v) => (w) { w = Abs (v) }`;
    const { changes } = await apply(text, removeDead);
    expect(changes).toEqual([
      'removed unused function: 1 (own::unused)',
      'removed unused opset import: 2 (com.microsoft, ai.onnx.ml)',
    ]);
  });

  it('keeps ai.onnx even when nothing is left of it', async () => {
    const { text } = await applyUnrun(
      '<ir_version: 8, opset_import: ["": 17, "com.microsoft": 1]> g (float[2] x) => (y) { y = com.microsoft.Gelu (x) }',
      removeDead,
    );
    expect(text).toContain('Gelu');
  });

  it('keeps what a quantization annotation names', async () => {
    const model = parseModel('g (float[2] x) => (y) <float s = {0.5}> { y = Neg (x) }');
    const before = printModel(model);
    model.graph.rest = {
      quantization_annotation: [
        { tensor_name: 'x', quant_parameter_tensor_names: [{ key: 'SCALE_TENSOR', value: 's' }] },
      ],
    };
    await runPasses(model, [removeDead], silentContext());
    expect(printModel(model)).toBe(before);
  });
});
