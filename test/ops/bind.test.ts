import { describe, expect, it } from 'vitest';
import { int } from '../../src/ir/attribute.ts';
import type { Shape } from '../../src/ir/value.ts';
import { type Binding, bind } from '../../src/ops/bind.ts';
import { parseSignature } from '../../src/ops/signature.ts';
import { nodeOf } from './support.ts';

type Shapes = readonly (Shape | null | undefined)[];

function bound(text: string, inputs: Shapes, outputs: readonly (Shape | null)[] = [null], group?: number) {
  const attributes = group === undefined ? {} : { group: int(group) };
  return bind(parseSignature(text), nodeOf('Custom', { inputs, outputs, attributes }));
}

function binding(...given: Parameters<typeof bound>): Binding {
  const result = bound(...given);
  if ('refusal' in result) throw new Error(result.refusal);
  return result.binding;
}

const CONV = 'X[n (g i) *t+k], W[(g o) i *k], B[(g o)] -> Y[n (g o) *t] | g=group:1';

describe('bind', () => {
  it('divides products by the factors it knows', () => {
    const { extents } = binding(CONV, [[1, 12, 9, 9], [8, 3, 3, 5], [8]], [[1, 8, 7, 5]], 4);
    expect(Object.fromEntries(extents)).toEqual({
      n: 1,
      g: 4,
      i: 3,
      o: 2,
      'k.2': 3,
      'k.1': 5,
      't.2': 7,
      't.1': 5,
    });
  });

  it('uses the default of an attribute that is not there', () => {
    expect(
      binding(
        CONV,
        [
          [1, 6, 5],
          [8, 6, 3],
        ],
        [null],
      ).extents.get('o'),
    ).toBe(8);
  });

  it('aligns groups of different length at the right', () => {
    const { inputs, outputs, groups } = binding('A[*s], B[*s] -> Y[*s]', [[2, 3, 4], [4]], [[2, 3, 4]]);
    expect(groups.get('s')).toBe(3);
    expect(inputs[1]?.map((axis) => axis.factors)).toEqual([['s.1']]);
    expect(outputs[0]?.map((axis) => axis.factors)).toEqual([['s.3'], ['s.2'], ['s.1']]);
  });

  it('takes an axis of 1 beside a larger one as stretched', () => {
    const { inputs, extents } = binding(
      'A[*s], B[*s] -> Y[*s]',
      [
        [1, 4],
        [3, 1],
      ],
      [[3, 4]],
    );
    expect(inputs[0]?.map((axis) => axis.factors)).toEqual([[], ['s.1']]);
    expect(extents.get('s.2')).toBe(3);
  });

  it('keeps symbolic sizes until a number is known', () => {
    expect(
      binding('A[b m], B[m n] -> Y[b n]', [
        ['batch', 4],
        [4, 2],
      ]).extents.get('b'),
    ).toBe('batch');
    expect(binding('A[b m] -> Y[b m]', [['batch', null]], [[3, 4]]).extents).toEqual(
      new Map([
        ['b', 3],
        ['m', 4],
      ]),
    );
  });

  it('leaves tensors of unknown rank and absent ones alone', () => {
    const { inputs, outputs } = binding('A[a b], B[a], C[b] -> Y[a b]', [null, undefined, [7]]);
    expect(inputs).toEqual([null, null, [{ factors: ['b'], window: null, extent: 7, frozen: false }]]);
    expect(outputs).toEqual([null]);
  });

  it('freezes windows, marked labels and fixed sizes', () => {
    const { inputs } = binding('X[n !c t+k 1] -> Y[n]', [[2, 3, 5, 1]]);
    expect(inputs[0]?.map((axis) => axis.frozen)).toEqual([false, true, true, true]);
  });

  it('lets a product with a fixed factor be cut', () => {
    const { inputs, extents } = binding('X[(4 h)] -> Y[h]', [[12]]);
    expect(inputs[0]?.[0]?.frozen).toBe(false);
    expect(extents.get('h')).toBe(3);
  });

  it.for([
    ['A[a b] -> Y[a]', [[1, 2, 3]], /A has rank 3, expected 2/],
    ['A[*a b c] -> Y[b]', [[1]], /A has rank 1, expected at least 2/],
    ['A[a], B[a] -> Y[a]', [[3], [4]], /axis a of B is 4, elsewhere 3/],
    ['A[(4 a)] -> Y[a]', [[6]], /is 6, its factors 4 a make 4/],
    ['A[(a b)], B[a], C[b] -> Y[a]', [[7], [2], [3]], /is 7, its factors a b make 6/],
    ['A[5] -> Y[a]', [[6]], /is 6/],
  ] as const)('refuses %s with a reason', ([text, inputs, message]) => {
    const result = bound(text, inputs);
    expect('refusal' in result && result.refusal).toMatch(message);
  });
});
