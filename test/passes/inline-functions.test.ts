import { describe, expect, it } from 'vitest';
import { inlineFunctions } from '../../src/passes/inline-functions.ts';
import { removeDead } from '../../src/passes/remove-dead.ts';
import { apply, applyUnrun } from '../support/apply.ts';

const head = '<ir_version: 10, opset_import: ["": 20, "own": 1]>';
const own = '<domain: "own", opset_import: ["": 20, "own": 1]>';

describe('inline-functions', () => {
  it('binds inputs, outputs and attributes, and keeps names apart', async () => {
    const { text, changes } = await apply(
      `${head} g (float[2,3] x) => (y) <float[3,2] w = {1, 2, 3}, float[2] b = {4, 5}> {
        [one] t = own.dense <alpha = 2.0> (x, w, b)
        [two] y = own.narrow (t)
      }
      ${own} dense <alpha, perm: ints = [1, 0]> (v, m, c) => (out) {
        [turn] t = Transpose <perm = @perm> (m)
        u = Transpose <perm = @perm> (t)
        s = Gemm <alpha: float = @alpha> (v, u, c)
        r = Relu (s)
        out = Concat <axis = 1> (r, v)
      }
      ${own} narrow (v) => (out) {
        k = Constant <value_ints = [0]> ()
        e = Constant <value_ints = [1]> ()
        out = Slice (v, k, e, e)
      }`,
      inlineFunctions,
      removeDead,
    );
    expect(changes).toContain('inlined dense: 1 (one (own.dense))');
    expect(text).toMatchInlineSnapshot(`
      "g (float[2,3] x) => (y)
        <float[3,2] w = {1, 2, 3, 1, 2, 3},
         float[2] b = {4, 5}>
      {
        ["one/turn"] "one/t" = Transpose <perm: ints = [1, 0]> (w)
        "one/u" = Transpose <perm: ints = [1, 0]> ("one/t")
        "one/s" = Gemm <alpha: float = 2> (x, "one/u", b)
        "one/r" = Relu ("one/s")
        t = Concat <axis = 1> ("one/r", x)
        "two/k" = Constant <value_ints: ints = [0]> ()
        "two/e" = Constant <value_ints: ints = [1]> ()
        y = Slice (t, "two/k", "two/e", "two/e")
      }
      "
    `);
  });

  it('goes through functions that call functions, in branches too', async () => {
    const { text } = await apply(
      `${head} g (bool c, float[2] x) => (y) {
        y = If <
          then_branch = t () => (a) { a = own.outer (x) },
          else_branch = e () => (b) { b = Neg (x) }
        > (c)
      }
      ${own} outer (v) => (w) { t = own.inner (v) w = own.inner (t) }
      ${own} inner (v) => (w) { w = Relu (v) }`,
      inlineFunctions,
      removeDead,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (bool c, float[2] x) => (y)
      {
        y = If <then_branch = t () => (a)
        {
          "a/t" = Relu (x)
          a = Relu ("a/t")
        }, else_branch = e () => (b)
        {
          b = Neg (x)
        }> (c)
      }
      "
    `);
  });

  it('makes outputs that are inputs, and outputs that come twice', async () => {
    const { text } = await applyUnrun(
      `${head} g (float[2] x) => (p, q, r) { p, q, r = own.fan (x) }
      ${own} fan (v) => (v, w, w) { w = Neg (v) }`,
      inlineFunctions,
      removeDead,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x) => (p, q, r)
      {
        q = Neg (x)
        p = Identity (x)
        r = Identity (q)
      }
      "
    `);
  });

  it('copies bodies of control flow, each with names of its own', async () => {
    const { text } = await apply(
      `${head} g (bool c, float[2] x) => (y) { t = own.pick (c, x) y = own.pick (c, t) }
      ${own} pick (k, v) => (w) {
        n = Neg (v)
        w = If <
          then_branch = t () => (a) <float[2] one = {1, 1}> { a = Add (n, one) },
          else_branch = e () => (b) { b = Abs (n) }
        > (k)
      }`,
      inlineFunctions,
      removeDead,
    );
    expect(text).not.toContain('own.');
  });

  it('takes over what did not change between opsets, and refuses what did', async () => {
    const model = (op: string): string =>
      `<ir_version: 8, opset_import: ["": 11, "own": 1]> g (float[2,3] x) => (y) { [call] y = own.f (x) }
      <domain: "own", opset_import: ["": 13]> f (v) => (w) { w = ${op} (v) }`;
    expect((await applyUnrun(model('Relu'), inlineFunctions)).changes).toEqual([
      'inlined f: 1 (call (own.f))',
    ]);
    const { kept } = await applyUnrun(model('Softmax'), inlineFunctions);
    expect(kept).toEqual([
      'call (own.f): it is written in ai.onnx 13, the model in 11, and Softmax may differ',
    ]);
  });

  it('leaves functions that call themselves', async () => {
    const { kept } = await applyUnrun(
      `${head} g (float[2] x) => (y) { [call] y = own.f (x) } ${own} f (v) => (w) { w = own.f (v) }`,
      inlineFunctions,
    );
    expect(kept).toEqual(['call (own.f): it calls itself']);
  });
});
