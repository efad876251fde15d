/** Model-local functions: their weights are quantized where the calls can be inlined, and accounted for where not. */

import { expect, it } from 'vitest';
import { encodeModel } from '../../src/onnx/write.ts';
import { unaccounted } from '../support/accounting.ts';
import { outputsOf } from '../support/equivalence.ts';
import { noisyModel, quantize } from '../support/quantized.ts';

const SCHEMES = ['int8-dynamic', 'int8-weights', 'int4'] as const;
const FLOATS = ['float32', 'float16', 'bfloat16', 'float64'] as const;

it.for(SCHEMES)(
  '%s: weights as arguments, Constants in bodies, calls in calls and in branches',
  async (scheme) => {
    const text = `<ir_version: 10, opset_import: ["": 20, "local": 1]>
    g (bool c, float[N,32] x) => (float[N,32] y) <float[32,32] w = {0}, float[32,32] v = {0}> {
      [first] h = local.block(x, w)
      [pick] y = If(c) <
        then_branch = t () => (float[N,32] s) { [second] s = local.block(h, v) },
        else_branch = f () => (float[N,32] u) { [third] u = local.block(h, w) }> }
    <domain: "local", opset_import: ["": 20, "local": 1]> block (a, k) => (b) {
      [outer] p = local.dense(a, k) m = Constant <value = float[32,32] {0.5, -0.25, 0.125}> () [own] b = MatMul(p, m) }
    <domain: "local", opset_import: ["": 20]> dense (a, k) => (b) { [mm] p = MatMul(a, k) b = Relu(p) }`;
    const { model, outcome, skipped } = await quantize(noisyModel(text), scheme);
    // Three blocks of two products; the constant of the body is in all of them and stored once.
    expect(outcome.changed).toHaveLength(6);
    expect(unaccounted(model, outcome.skipped, FLOATS)).toEqual([]);
    expect(skipped.join()).not.toMatch(/\b[wvm]\b/);
    expect(model.functions).toEqual([]);
    await outputsOf(encodeModel(model));
  },
);

it.for(SCHEMES)(
  '%s: a function that cannot be inlined keeps its floats, each with a reason',
  async (scheme) => {
    // Softmax means something else in the opset of the body, so its nodes cannot stand in the graph.
    const text = `<ir_version: 8, opset_import: ["": 17, "local": 1]>
    g (float[N,32] x) => (float[N,32] y) <float[32,32] w = {0}> { [call] y = local.block(x, w) }
    <domain: "local", opset_import: ["": 11]> block (a, k) => (b) {
      [mm] p = MatMul(a, k) m = Constant <value = float[32,32] {0.5, -0.25}> () [own] q = MatMul(p, m) b = Softmax(q) }`;
    const { model, outcome, skipped, changed } = await quantize(noisyModel(text), scheme);
    expect(changed).toEqual([]);
    expect(unaccounted(model, outcome.skipped, FLOATS)).toEqual([]);
    expect(skipped).toEqual(
      expect.arrayContaining(['w: block has no form in this scheme', 'm: held by a node, not by the graph']),
    );
  },
);
