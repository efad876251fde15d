/** Branches in training graphs: taken where sizes tell which side, refused by name where data does. */
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { Formula } from '../../src/ir/formula.ts';
import type { Model } from '../../src/ir/model.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { backward } from '../../src/train/graph/backward.ts';
import { decompose } from '../../src/train/graph/decompose.ts';
import { specialize } from '../../src/train/graph/specialize.ts';
import { parseModel } from '../support/parse.ts';

const BY_SIZE = `<ir_version: 9, opset_import: ["": 20]> g (float[N,K,3] x) => (y)
  <float[3,2] w = {1, 2, 3}, int64 one = {1}, int64[1] first = {1}, int64 zero = {0}> {
    d = Shape (x)
    k = Gather <axis = 0> (d, one)
    flat = Equal (k, one)
    s = If <
      then_branch = t () => (a) { a = Squeeze (x, first) },
      else_branch = r () => (b) {
        p = Shape <start = 1, end = 2> (x)
        q = Gather <axis = 0> (p, zero)
        single = Equal (q, one)
        b = If <
          then_branch = tt () => (c) { c = Neg (x) },
          else_branch = ee () => (e) { e = Abs (x) }
        > (single)
      }
    > (flat)
    y = MatMul (s, w)
  }`;

const zeros = (...dims: number[]): HostTensor => ({
  dtype: 'float32',
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)),
});

async function operators(x: HostTensor): Promise<string[]> {
  const context = silentContext({ threads: 1 });
  const { model } = await specialize(parseModel(BY_SIZE), { x }, new Set(['w']), context);
  return model.graph.nodes.map(({ op }) => op);
}

/** Asks for the gradient of `w` from that of `y`. */
function differentiate(model: Model): void {
  const [y] = model.graph.outputs;
  const w = [...model.graph.initializers].find(({ name }) => name === 'w');
  if (!y || !w) throw new Error('the model has no w or no y');
  const f = new Formula(model.graph);
  backward(f, new Map([[y, f.scalar(1)]]), [w]);
}

describe('branches in training', () => {
  it('takes the side that sizes tell, and branches inside it', async () => {
    expect(await operators(zeros(2, 1, 3))).toEqual(['Squeeze', 'MatMul']);
    expect(await operators(zeros(2, 4, 3))).toEqual(['Abs', 'MatMul']);
  });

  it('names the branch that depends on data, also where only its sides see weights', async () => {
    const model =
      parseModel(`<ir_version: 9, opset_import: ["": 20]> g (float[2,3] x, bool c) => (float[2,3] y)
      <float[3,3] w = {1}> {
        z = MatMul (x, w)
        [fork] y = If <then_branch = t () => (a) { a = Abs (z) }, else_branch = e () => (b) { b = Neg (z) }> (c)
      }`);
    await inferTypes(model);
    expect(() => differentiate(model)).toThrow(/fork \(If\): which side it takes depends on the data/);
  });

  it('names the loop', async () => {
    const model = parseModel(`<ir_version: 9, opset_import: ["": 20]> g (float[2,3] x) => (float[2,3] y)
      <float[3,3] w = {1}, int64 turns = {2}, bool yes = {1}> {
        z = MatMul (x, w)
        [spin] y = Loop <body = l (int64 i, bool go, float[2,3] s) => (go_on, r) { go_on = Identity (go) r = Neg (s) }> (turns, yes, z)
      }`);
    await inferTypes(model);
    expect(() => differentiate(model)).toThrow(/spin \(Loop\): .*loops/);
  });
});

it('operators behind each other are taken apart in one round', async () => {
  const model =
    parseModel(`<ir_version: 9, opset_import: ["": 20]> g (float[1,4,6,6] x) => (float[1,4,3,3] y) {
    l = LRN <size = 3> (x)
    y = LpPool <kernel_shape = [2,2], strides = [2,2]> (l)
  }`);
  await decompose(model, inferTypes);
  expect(model.graph.nodes.map(({ op }) => op)).not.toContain('LpPool');
});
