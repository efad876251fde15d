import { describe, expect, it } from 'vitest';
import { computedBytes } from '../../src/ir/bytes.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { mergeInitializers } from '../../src/passes/merge-initializers.ts';
import { runPasses } from '../../src/passes/pass.ts';
import { silentContext } from '../../src/step.ts';
import { apply } from '../support/apply.ts';
import { parseModel } from '../support/parse.ts';

describe('merge-initializers', () => {
  it('keeps one of each, and apart what only looks alike', async () => {
    const { text } = await apply(
      `g (float[2] x, int32[2] i) => (y, z)
        <float[2] a = {1, 2}, float[2] b = {1, 2}, float[2] c = {1, 3}, int32[2] d = {1, 2}, float[1,2] e = {1, 2}> {
        y = Sum (x, a, b, c, e)
        z = Add (i, d)
      }`,
      mergeInitializers,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (float[2] x, int32[2] i) => (y, z)
        <float[2] a = {1, 2},
         float[2] c = {1, 3},
         int32[2] d = {1, 2},
         float[1,2] e = {1, 2}>
      {
        y = Sum (x, a, a, c, e)
        z = Add (i, d)
      }
      "
    `);
  });

  it('merges a branch with the graph around it, and two branches above both', async () => {
    const { text } = await apply(
      `g (bool c, float[2] x) => (y) <float[2] a = {1, 2}> {
        n = Add (x, a)
        y = If <
          then_branch = t () => (float[2] p) <float[2] b = {1, 2}, float[2] k = {5, 6}> { q = Add (n, b) p = Mul (q, k) },
          else_branch = e () => (float[2] r) <float[2] l = {5, 6}> { r = Mul (n, l) }
        > (c)
      }`,
      mergeInitializers,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (bool c, float[2] x) => (y)
        <float[2] a = {1, 2},
         float[2] k_1 = {5, 6}>
      {
        n = Add (x, a)
        y = If <then_branch = t () => (float[2] p)
        {
          q = Add (n, a)
          p = Mul (q, k_1)
        }, else_branch = e () => (float[2] r)
        {
          r = Mul (n, k_1)
        }> (c)
      }
      "
    `);
  });

  it('keeps outputs and defaults of inputs', async () => {
    const { changes } = await apply(
      `g (float[2] x, float[2] d = {1, 2}) => (y, o) <float[2] a = {1, 2}, float[2] o = {1, 2}> { y = Sum (x, d, a) }`,
      mergeInitializers,
    );
    expect(changes).toEqual([]);
  });

  it('sees a difference between the samples, and reads nothing whose size is its own', async () => {
    const model = parseModel('g (float x) => (y) { y = Neg (x) }');
    const reads: number[] = [];
    const large = (index: number, length: number, change: number | null): void => {
      const source = {
        byteLength: length,
        read: (start = 0, end = length): Uint8Array => {
          reads.push(index);
          const bytes = new Uint8Array(length);
          if (change !== null) bytes[change] = 1;
          return bytes.subarray(start, end);
        },
      };
      model.graph.addInitializer(`w${index}`, new Tensor({ dtype: 'uint8', dims: [length], source }));
    };
    large(0, 100_000, null);
    large(1, 100_000, 30_000);
    large(2, 100_000, null);
    large(3, 99_999, null);
    const [trace] = await runPasses(model, [mergeInitializers], silentContext());
    expect(trace?.changes).toEqual([{ what: 'merged initializer', targets: ['w2'] }]);
    expect(reads).not.toContain(3);
  });

  it('does not compute what is to be computed when it is written', async () => {
    const model = parseModel('g (float x) => (y) { y = Neg (x) }');
    const source = computedBytes(100_000, () => {
      throw new Error('too early');
    });
    for (const name of ['a', 'b'])
      model.graph.addInitializer(name, new Tensor({ dtype: 'uint8', dims: [100_000], source }));
    const [trace] = await runPasses(model, [mergeInitializers], silentContext());
    expect(trace?.changes).toEqual([]);
  });
});
