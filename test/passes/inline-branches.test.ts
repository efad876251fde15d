import { describe, expect, it } from 'vitest';
import { foldConstants } from '../../src/passes/fold-constants.ts';
import { inlineBranches } from '../../src/passes/inline-branches.ts';
import { removeDead } from '../../src/passes/remove-dead.ts';
import { removeIdentities } from '../../src/passes/remove-identities.ts';
import { apply, applyUnrun } from '../support/apply.ts';

const head = '<ir_version: 10, opset_import: ["": 20]> g';

describe('inline-branches', () => {
  it('takes the side that is known, with its weights and what it uses from around it', async () => {
    const { text, changes } = await apply(
      `${head} (float[2] x) => (y) <bool c = {0}> {
        t = Neg (x)
        [fork] y = If <
          then_branch = t () => (a) { a = Abs (t) },
          else_branch = e () => (b) <float[2] w = {1, 2}> { [m] s = Mul (t, w) b = Add (s, x) }
        > (c)
      }`,
      inlineBranches,
      removeDead,
    );
    expect(changes).toContain('took the only side of a branch: 1 (fork (If))');
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x) => (y)
        <float[2] "fork/w" = {1, 2}>
      {
        t = Neg (x)
        ["fork/m"] "fork/s" = Mul (t, "fork/w")
        y = Add ("fork/s", x)
      }
      "
    `);
  });

  it('goes through branches in branches, and into bodies of loops', async () => {
    const { text } = await apply(
      `${head} (float[2] x) => (y, z) <bool yes = {1}, bool no = {0}, int64 turns = {2}> {
        y = If <
          then_branch = t () => (a) {
            a = If <
              then_branch = p () => (u) { u = Abs (x) },
              else_branch = q () => (v) { n = Neg (x) v = Exp (n) }
            > (no)
          },
          else_branch = e () => (b) { b = Sin (x) }
        > (yes)
        z = Loop <body = l (int64 i, bool go, float[2] s) => (go_on, r) {
          go_on = Identity (go)
          r = If <
            then_branch = p () => (u) { u = Neg (s) },
            else_branch = q () => (v) { v = Exp (s) }
          > (yes)
        }> (turns, yes, x)
      }`,
      inlineBranches,
      removeDead,
    );
    expect(text).not.toContain('If');
    expect(text).toContain('Loop');
    expect(text).not.toContain('Sin');
  });

  it('hands on what a side only names: a value from around it, a constant, one result twice', async () => {
    const { text } = await applyUnrun(
      `${head} (float[2] x) => (p, q, r, s) <bool c = {1}> {
        t = Neg (x)
        p, q, r, s = If <
          then_branch = t () => (t, k, n, n) <float[2] k = {3, 4}> { n = Abs (t) },
          else_branch = e () => (b, b, b, b) { b = Sin (x) }
        > (c)
      }`,
      inlineBranches,
      removeDead,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x) => (p, q, r, s)
        <float[2] "p/k" = {3, 4}>
      {
        t = Neg (x)
        r = Abs (t)
        p = Identity (t)
        q = Identity ("p/k")
        s = Identity (r)
      }
      "
    `);
  });

  it('keeps bodies within the side it takes', async () => {
    const { text } = await apply(
      `${head} (bool d, float[2] x) => (y) <bool c = {1}> {
        y = If <
          then_branch = t () => (a) {
            n = Neg (x)
            a = If <
              then_branch = p () => (u) <float[2] w = {1, 2}> { u = Add (n, w) },
              else_branch = q () => (v) { v = Exp (n) }
            > (d)
          },
          else_branch = e () => (b) { b = Sin (x) }
        > (c)
      }`,
      inlineBranches,
      removeDead,
    );
    expect(text.match(/If/g)).toHaveLength(1);
  });

  it('leaves branches whose condition depends on inputs, and takes those that folding makes known', async () => {
    const open = `${head} (bool c, float[2] x) => (y) {
      y = If <then_branch = t () => (a) { a = Abs (x) }, else_branch = e () => (b) { b = Neg (x) }> (c)
    }`;
    expect((await apply(open, inlineBranches)).changes).toEqual([]);
    const folded = await apply(
      `${head} (float[2] x) => (y) <int64 two = {2}, int64 three = {3}> {
        c = Less (two, three)
        y = If <then_branch = t () => (a) { a = Abs (x) }, else_branch = e () => (b) { b = Neg (x) }> (c)
      }`,
      foldConstants,
      inlineBranches,
      removeIdentities,
      removeDead,
    );
    expect(folded.text).toContain('y = Abs (x)');
  });
});
