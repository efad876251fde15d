import { describe, expect, it } from 'vitest';
import { labelsOf, parseSignature } from '../../src/ops/signature.ts';

describe('parseSignature', () => {
  it('reads labels, products, groups, windows, sizes and gaps', () => {
    const signature = parseSignature('X[n (g i) *t+k], _, W[(g 2 o) i *k] -> Y[n !c 1] | g=group:1, o=3');
    expect(signature.inputs).toEqual([
      {
        name: 'X',
        axes: [
          { kind: 'axis', factors: ['n'] },
          { kind: 'axis', factors: ['g', 'i'] },
          { kind: 'window', group: true, position: 't', kernel: 'k' },
        ],
      },
      null,
      {
        name: 'W',
        axes: [
          { kind: 'axis', factors: ['g', 2, 'o'] },
          { kind: 'axis', factors: ['i'] },
          { kind: 'group', label: 'k' },
        ],
      },
    ]);
    expect(signature.outputs).toHaveLength(1);
    expect([...signature.frozen].sort()).toEqual(['c', 'k', 't']);
    expect([...signature.sizes]).toEqual([
      ['g', { attribute: 'group', fallback: 1 }],
      ['o', 3],
    ]);
  });

  it('reads scalars and operators without inputs', () => {
    expect(parseSignature('-> Y[]')).toMatchObject({ inputs: [], outputs: [{ name: 'Y', axes: [] }] });
  });

  it('marks every label of a product with !', () => {
    expect([...parseSignature('X[!(g h)] -> Y[g]').frozen].sort()).toEqual(['g', 'h']);
  });

  it('keeps what it parsed', () => {
    expect(parseSignature('X[a] -> Y[a]')).toBe(parseSignature('X[a] -> Y[a]'));
  });

  it('lists labels in order', () => {
    const [tensor] = parseSignature('X[n (2 i) *t+k] -> Y[n]').inputs;
    expect(tensor && labelsOf(tensor)).toEqual(['n', 'i', 't', 'k']);
  });

  it.for([
    ['X[a b]', /inputs -> outputs/],
    ['X[a] -> Y[a] -> Z[a]', /inputs -> outputs/],
    ['X[a] -> Y[a] | g=1 | h=1', /at most one/],
    ['X a -> Y[a]', /'X a' is no tensor/],
    ['X[a -> Y[a]', /'X\[a' is no tensor/],
    ['X[*a *b] -> Y[a]', /two parts of any number/],
    ['X[(a] -> Y[a]', /'\(' is neither a label nor a size/],
    ['X[()] -> Y[a]', /empty product/],
    ['X[a-b] -> Y[a]', /'a-b' is neither/],
    ['X[0] -> Y[a]', /'0' is neither/],
    ['X[a] -> Y[a] | g', /'g' is no size/],
  ] as const)('says what is wrong with %s', ([text, message]) => {
    expect(() => parseSignature(text)).toThrow(message);
    expect(() => parseSignature(text)).toThrow(`signature '${text}'`);
  });
});
