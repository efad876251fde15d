import { describe, expect, it } from 'vitest';
import { castsOf, fidelity, nodesOf, toHalf, without } from './half-support.ts';

const W = 'float[2,2] w = {1, 2, 3, 4}';

describe('half precision in subgraphs', () => {
  it('casts around an operator that stays float32 inside a branch', async () => {
    const converted = await toHalf(
      `g (bool c, float[2,2] x) => (y) <${W}> {
        a = MatMul (x, w)
        b = If (c) <
          then_branch = t () => (p) { e = Exp (a) p = MatMul (e, w) },
          else_branch = f () => (q) { q = Neg (a) }>
        y = MatMul (b, w)
      }`,
      { select: without('Exp') },
    );
    expect(castsOf(converted.model).sort()).toEqual([
      'a > a_float32',
      'e > e_float16',
      'x > x_float16',
      'y_float16 > y',
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('casts a captured value once, where it is made, for all graphs that use it', async () => {
    const converted = await toHalf(
      `g (bool c, float[2,2] x) => (y) <${W}> {
        a = MatMul (x, w)
        b = If (c) <
          then_branch = t () => (p) { e = Exp (a) p = MatMul (e, w) },
          else_branch = f () => (q) {
            s = If (c) <
              then_branch = t2 () => (p2) { e2 = Exp (a) p2 = Neg (e2) },
              else_branch = f2 () => (q2) { q2 = MatMul (a, w) }>
            q = MatMul (s, x)
          }>
        y = Exp (a)
      }`,
      { select: without('Exp') },
    );
    const casts = castsOf(converted.model);
    expect(casts.filter((cast) => cast.startsWith('a >'))).toEqual(['a > a_float32']);
    expect(casts.filter((cast) => cast.startsWith('x >'))).toEqual(['x > x_float16']);
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('converts constants of the same name in two branches, each on its own', async () => {
    const converted = await toHalf(
      `g (bool c, float[2] x) => (y) {
        y = If (c) <
          then_branch = t () => (p) <float[2] k = {1, 2}> { p = Mul (x, k) },
          else_branch = f () => (q) <float[2] k = {70, 80}> { q = Add (x, k) }>
      }`,
    );
    expect(converted.text).toContain('float16[2] k = {1, 2}');
    expect(converted.text).toContain('float16[2] k = {70, 80}');
    expect(castsOf(converted.model).sort()).toEqual(['x > x_float16', 'y_float16 > y']);
    for (const c of [0, 1]) {
      const feeds = {
        c: { dtype: 'bool', dims: [], data: Uint8Array.of(c) },
        x: { dtype: 'float32', dims: [2], data: Float32Array.of(0.3, -4) },
      } as const;
      expect(await fidelity(converted, feeds)).toBeGreaterThan(50);
    }
  });

  it('gives a branch the type of the other, when one hands out what stays float32', async () => {
    const converted = await toHalf(
      `g (bool c, float[2,2] x) => (y) <${W}> {
        b = If (c) <
          then_branch = t () => (e) { e = Exp (x) },
          else_branch = f () => (q) { q = MatMul (x, w) }>
        y = MatMul (b, w)
      }`,
      { select: without('Exp') },
    );
    expect(castsOf(converted.model).sort()).toEqual(['e > e_float16', 'x > x_float16', 'y_float16 > y']);
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('carries half values through a Loop and stacks half results', async () => {
    const converted = await toHalf(
      `g (float[2,2] x) => (y, z) <${W}, int64 n = {3}, bool go = {1}> {
        y, z = Loop (n, go, x) <body = b (int64 i, bool k, float[2,2] s) => (k2, s2, r) <float h = {0.25}> {
          k2 = Identity (k)
          f = Cast <to = 1> (i)
          m = MatMul (s, w)
          a = Add (m, f)
          s2 = Mul (a, h)
          r = Exp (s2)
        }>
      }`,
      { select: without('Exp') },
    );
    expect(castsOf(converted.model).sort()).toEqual([
      'i > f',
      'r > r_float16',
      's2 > s2_float32',
      'x > x_float16',
      'y_float16 > y',
      'z_float16 > z',
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(45);
  });

  it('converts state and slices of a Scan', async () => {
    const converted = await toHalf(
      `g (float[2] x, float[5,2] v) => (y, z) {
        y, z = Scan <num_scan_inputs = 1, body = b (float[2] s, float[2] e) => (s2, r) {
          s2 = Add (s, e)
          r = Tanh (s2)
        }> (x, v)
      }`,
    );
    expect(castsOf(converted.model).sort()).toEqual([
      'v > v_float16',
      'x > x_float16',
      'y_float16 > y',
      'z_float16 > z',
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(45);
  });

  it('keeps everything inside an excluded control-flow node', async () => {
    const converted = await toHalf(
      `g (bool c, float[2,2] x) => (y) <${W}> {
        a = MatMul (x, w)
        b = If (c) <
          then_branch = t () => (p) <float[2,2] k = {5, 6, 7, 8}> { p = MatMul (a, k) },
          else_branch = f () => (q) { q = Neg (a) }>
        y = MatMul (b, w)
      }`,
      { select: without('If') },
    );
    expect(nodesOf(converted.model, 'MatMul').map((node) => node.input(1)?.dtype)).toEqual([
      'float16',
      'float16',
      'float32',
    ]);
    expect(castsOf(converted.model).sort()).toEqual([
      'a > a_float32',
      'b > b_float16',
      'x > x_float16',
      'y_float16 > y',
    ]);
    expect(await fidelity(converted)).toBeGreaterThan(50);
  });

  it('leaves a body alone whose types nobody knows, as those around a carried sequence', async () => {
    const converted = await toHalf(
      `g (float[2,2] x) => (y, e) <${W}, int64 n = {3}, bool go = {1}, int64 zero = {0}> {
        s0 = SequenceConstruct (x)
        y, s = Loop (n, go, x, s0) <body = b (int64 i, bool k, float[2,2] v, t) => (k2, v2, t2) {
          k2 = Identity (k)
          m = MatMul (v, w)
          v2 = Tanh (m)
          t2 = SequenceInsert (t, v2)
        }>
        e = SequenceAt (s, zero)
      }`,
    );
    expect(castsOf(converted.model)).toEqual([]);
    expect(converted.outcome.skipped.map(({ what }) => what)).toContain('w');
    expect(await fidelity(converted)).toBeGreaterThan(45);
  });
});
