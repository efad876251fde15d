/** --include and --exclude: what patterns are tried on, what they reach, and that a useless one is an error. */

import { describe, expect, it } from 'vitest';
import { allNodes } from '../../src/ir/walk.ts';
import { compileSelection } from '../../src/passes/selection.ts';
import { parseModel } from '../support/parse.ts';
import { graphOf } from '../support/quantize-graphs.ts';
import { noisyModel, type Options, quantize } from '../support/quantized.ts';

/** Names of the nodes of a graph that a selection lets through. */
function selected(text: string, include: string[], exclude: string[] = []): string[] {
  const model = parseModel(text);
  const select = compileSelection(model, { include, exclude });
  return [...allNodes(model)].filter((node) => select(node) === null).map((node) => node.name);
}

const MODEL = `<ir_version: 10, opset_import: ["": 20, "com.microsoft": 1]>
  g (bool c, float[N,64] x) => (float[N,48] y) <float[64,64] "layer.0.weight" = {0}, float[64,48] w = {0}> {
    ["/layer.0/MatMul"] a = MatMul(x, "layer.0.weight")
    [act] b = Relu(a)
    ["/layer.1/MatMul"] d = MatMul(b, b)
    [fused] e = com.microsoft.FusedMatMul(d, w)
    [pick] y = If(c) <
      then_branch = t () => (float[N,48] s) { [inner] s = MatMul(b, w) },
      else_branch = f () => (float[N,48] u) { [deep] u = If(c) <
        then_branch = tt () => (float[N,48] ss) { [inner] ss = Neg(e) },
        else_branch = ff () => (float[N,48] uu) { [last] uu = Abs(e) }> }> }`;

describe('patterns', () => {
  it.for([
    ['a name', ['act'], ['act']],
    ['an operator', ['MatMul'], ['/layer.0/MatMul', '/layer.1/MatMul', 'inner']],
    ['an operator with its domain', ['com.microsoft.FusedMatMul'], ['fused']],
    ['a glob over names', ['/layer.*/*'], ['/layer.0/MatMul', '/layer.1/MatMul']],
    ['one character', ['/layer.?/MatMul'], ['/layer.0/MatMul', '/layer.1/MatMul']],
    ['characters that mean something elsewhere', ['/layer.0/MatMu[l]'], null],
    ['a weight', ['layer.0.weight'], ['/layer.0/MatMul']],
    ['an output', ['b'], ['act', '/layer.1/MatMul', 'inner']],
    ['a path into a subgraph', ['pick/inner'], ['inner']],
    ['a path two levels down', ['pick/deep/*'], ['inner', 'last']],
    ['a node with bodies', ['deep'], ['deep', 'inner', 'last']],
    ['two patterns', ['act', 'fused'], ['act', 'fused']],
    ['part of a name', ['ac'], null],
  ] as const)('%s', ([, patterns, expected]) => {
    if (expected) expect(selected(MODEL, [...patterns])).toEqual(expected);
    else expect(() => selected(MODEL, [...patterns])).toThrow(expect.objectContaining({ code: 'SELECTOR' }));
  });

  it('exclude takes from what include lets through', () => {
    expect(selected(MODEL, ['MatMul'], ['/layer.1/*'])).toEqual(['/layer.0/MatMul', 'inner']);
    expect(selected(MODEL, [], ['MatMul', 'If', 'Relu'])).toEqual(['fused']);
  });

  it('nothing asked for lets everything through', () => {
    expect(selected(MODEL, []).length).toBe(9);
  });

  it('one that matches nothing is an error with examples, exit code 2', () => {
    for (const [include, exclude] of [
      [['Con'], []],
      [[], ['Con']],
      [['MatMul'], ['Con']],
    ] as const)
      expect(() => selected(MODEL, [...include], [...exclude])).toThrow(
        expect.objectContaining({
          code: 'SELECTOR',
          exitCode: 2,
          message: "the pattern 'Con' matches no node",
          hint: expect.stringMatching(/MatMul, Relu, FusedMatMul, If, '\/layer\.0\/MatMul'/),
        }),
      );
  });
});

describe('in a scheme', () => {
  const changed = async (name: string, options: Options): Promise<readonly string[]> =>
    (await quantize(graphOf(name), 'int8-dynamic', options)).outcome.changed.map(({ what }) => what);

  it('what is left out is named with the reason', async () => {
    const only = await quantize(graphOf('two MatMuls of one value'), 'int8-dynamic', { include: ['one'] });
    expect(only.changed).toEqual(['one (MatMul): MatMul runs on integers']);
    expect(only.skipped).toContain('v: not selected by --include');
    const not = await quantize(graphOf('two MatMuls of one value'), 'int8-dynamic', { exclude: ['w'] });
    expect(not.changed).toEqual(['two (MatMul): MatMul runs on integers']);
    expect(not.skipped).toContain('w: excluded by --exclude');
  });

  it.for(['int8-dynamic', 'int8-weights', 'int4'] as const)(
    '%s: an excluded weight stays float to the bit',
    async (scheme) => {
      const original = graphOf('two MatMuls of one value');
      const { model } = await quantize(graphOf('two MatMuls of one value'), scheme, { exclude: ['one'] });
      const bytesOf = (of: typeof model) =>
        [...of.graph.initializers].find(({ name }) => name === 'w')?.tensor?.bytes();
      expect(bytesOf(model)).toEqual(bytesOf(original));
    },
  );

  it('a Gemm is selected by its own name, in the parity mode too', async () => {
    for (const parity of [null, 'ort'] as const) {
      expect(await changed('Gemm', { exclude: ['gemm'], parity })).toEqual([]);
      expect((await changed('Gemm', { include: ['gemm'], parity })).length).toBe(1);
      expect(await changed('Gemm', { exclude: ['Gemm'], parity })).toEqual([]);
    }
  });

  it.for([
    ['the call', 'first', ['second/mm (MatMul)']],
    ['the function', 'dense', []],
    ['the node inside, in every call', 'mm', []],
    ['the node inside, in one call', 'second/mm', null],
    ['the weight that is handed in', 'v', ['first/mm (MatMul)']],
  ] as const)('a node inside a function: by %s', async ([, pattern, expected]) => {
    if (expected) expect(await changed('given to a function', { exclude: [pattern] })).toEqual(expected);
    // Paths into calls exist once the calls are inlined, not in the file.
    else
      await expect(changed('given to a function', { exclude: [pattern] })).rejects.toMatchObject({
        code: 'SELECTOR',
      });
  });

  it('a branch, by its path or with the node around it', async () => {
    expect(await changed('weights in both branches', { exclude: ['pick/ma'] })).toEqual(['mb (MatMul)']);
    expect(await changed('weights in both branches', { exclude: ['pick'] })).toEqual([]);
    expect(await changed('weights in both branches', { exclude: ['If'] })).toEqual([]);
  });

  it('a node whose BatchNormalization is folded into it keeps its name', async () => {
    const text = `g (float[N,16,9,9] x) => (float[N,16,9,9] y)
      <float[16,16,1,1] w = {0}, float[16] s = {2}, float[16] b = {1}, float[16] m = {0}, float[16] v = {1}>
      { [conv] c = Conv(x, w) [norm] y = BatchNormalization(c, s, b, m, v) }`;
    const { outcome } = await quantize(noisyModel(text, 64), 'int8-dynamic', { exclude: ['conv'] });
    expect(outcome.changed).toEqual([]);
    expect(outcome.skipped[0]).toMatchObject({ what: 'w', reason: 'excluded by --exclude' });
  });
});
