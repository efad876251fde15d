import { describe, expect, it } from 'vitest';
import { removeIdentities } from '../../src/passes/remove-identities.ts';
import { apply } from '../support/apply.ts';

/** `x -> op -> Relu -> y`, with constants. */
const between = (node: string, constants = ''): string =>
  `g (float[2,3] x) => (float[2,3] y) ${constants && `<${constants}>`} { m = ${node} y = Relu (m) }`;

const none = 'g (float[2,3] x) => (float[2,3] y)\n{\n  y = Relu (x)\n}\n';

describe('remove-identities', () => {
  it.for([
    ['Identity', 'Identity (x)'],
    ['Dropout', 'Dropout (x)'],
    ['Dropout that is told not to train', 'Dropout (x, r, t)', 'float r = {0.5}, bool t = {0}'],
    ['Cast to the same type', 'Cast <to = 1> (x)'],
    ['Concat of one', 'Concat <axis = 1> (x)'],
    ['Sum of one', 'Sum (x)'],
    ['Transpose in order', 'Transpose <perm = [0, 1]> (x)'],
    ['Reshape that copies', 'Reshape (x, s)', 'int64[2] s = {0, 0}'],
    ['Reshape to the same', 'Reshape (x, s)', 'int64[2] s = {-1, 3}'],
    ['Slice of everything', 'Slice (x, s, e)', 'int64[2] s = {0, 0}, int64[2] e = {9223372036854775807, 3}'],
    ['Pad by nothing', 'Pad (x, p)', 'int64[4] p = {0, 0, 0, 0}'],
    ['Expand to ones', 'Expand (x, s)', 'int64[2] s = {1, 1}'],
    ['Flatten of a matrix', 'Flatten (x)'],
  ])('removes %s', async ([, node, constants]) => {
    const { text, changes } = await apply(between(node ?? '', constants));
    expect(changes).toEqual([]);
    const after = await apply(between(node ?? '', constants), removeIdentities);
    expect(after.changes).toHaveLength(1);
    expect(after.text.replace(/\n {2}<[^>]*>/, '')).toBe(none);
    expect(text).not.toBe(after.text);
  });

  it.for([
    ['a Cast to another type', 'Cast <to = 10> (x)', ''],
    ['a Reshape to another shape', 'Reshape (x, s)', 'int64[2] s = {3, 2}'],
    ['a Slice of a part', 'Slice (x, s, e)', 'int64[1] s = {0}, int64[1] e = {1}'],
    [
      'a Slice backwards',
      'Slice (x, s, e, a, t)',
      'int64[1] s = {-1}, int64[1] e = {-9}, int64[1] a = {0}, int64[1] t = {-1}',
    ],
    ['a Pad', 'Pad (x, p)', 'int64[4] p = {0, 0, 0, 1}'],
    ['an Expand that repeats', 'Expand (x, s)', 'int64[3] s = {2, 1, 1}'],
    ['a Transpose', 'Transpose <perm = [1, 0]> (x)', ''],
    ['a Flatten that moves', 'Flatten <axis = 0> (x)', ''],
  ])('keeps %s', async ([, node, constants]) => {
    const text = between(node ?? '', constants)
      .replace('float[2,3] y', 'y')
      .replace('Relu (m)', 'Identity (m)');
    const { changes } = await apply(text, removeIdentities);
    expect(changes.filter((change) => !change.includes('Identity'))).toEqual([]);
  });

  it('does not believe value_info', async () => {
    const wrong = `g (float[2,3] x) => (y) <float[3,2] m, int64[2] s = {3, 2}> {
      m = Relu (x)
      r = Reshape (m, s)
      y = Neg (r)
    }`;
    expect((await apply(wrong, removeIdentities)).changes).toEqual([]);
  });

  it('keeps the name of a graph output', async () => {
    const { text } = await apply(
      'g (float[2] x) => (float[2] y) { a = Relu (x) b = Neg (a) y = Identity (a) z = Abs (b) }',
      removeIdentities,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x) => (float[2] y)
      {
        y = Relu (x)
        b = Neg (y)
        z = Abs (b)
      }
      "
    `);
  });

  it('keeps what leads from an input to an output', async () => {
    const { kept, changes } = await apply(
      'g (float[2] x) => (float[2] y) { [i] y = Identity (x) }',
      removeIdentities,
    );
    expect(changes).toEqual([]);
    expect(kept).toEqual(["i (Identity): 'y' is a graph output and 'x' an input or a constant"]);
  });

  it('works in subgraphs, across scopes', async () => {
    const { text } = await apply(
      `g (bool c, float[2] x) => (y) {
        i = Identity (x)
        y = If <
          then_branch = t () => (float[2] a) { b = Identity (i) d = Neg (b) a = Identity (d) },
          else_branch = e () => (float[2] f) { f = Identity (i) }
        > (c)
      }`,
      removeIdentities,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (bool c, float[2] x) => (y)
      {
        y = If <then_branch = t () => (float[2] a)
        {
          a = Neg (x)
        }, else_branch = e () => (float[2] f)
        {
          f = Identity (x)
        }> (c)
      }
      "
    `);
  });

  it('keeps a Dropout whose mask is read', async () => {
    const { kept } = await apply(
      'g (float[2] x) => (y, m) { d, m = Dropout (x) y = Neg (d) }',
      removeIdentities,
    );
    expect(kept).toEqual(["d (Dropout): its output 'm' is used"]);
  });
});
