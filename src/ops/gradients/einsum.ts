/** Derivative of Einsum: an Einsum again, in which the gradient stands for the operand. */
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

/** An equation with a letter for every axis, and the size each letter stands for. */
interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
  readonly sizes: ReadonlyMap<string, number>;
}

export const einsum: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const equation = equationOf(g);
    return equation.terms.map((_, at) => (g.needs(at) ? gradientOf(g, dy, equation, at) : null));
  },
};

function gradientOf(g: GradientScope, dy: Value, { terms, result, sizes }: Equation, at: number): Value {
  const { f } = g;
  const dims = g.shape(g.input(at));
  const term = [...(terms[at] ?? '')];
  const others = terms.flatMap((letters, index) =>
    index === at ? [] : [{ letters, value: g.input(index) }],
  );
  const here = new Set(result + others.map(({ letters }) => letters).join(''));
  // An axis of size 1 that was stretched is summed over, one that only this operand has is repeated.
  const kept = term.filter((letter, axis) => dims[axis] === sizes.get(letter) && here.has(letter));
  const left = [result, ...others.map(({ letters }) => letters)].join(',');
  const found = f.op('Einsum', [dy, ...others.map(({ value }) => value)], {
    attributes: attributesOf({ equation: `${left}->${kept.join('')}` }),
  });
  const apart = f.reshape(
    found,
    term.map((letter, axis) => (kept.includes(letter) ? (dims[axis] ?? 1) : 1)),
  );
  return kept.length === term.length ? apart : f.expand(apart, dims);
}

/** Spells ellipses out. @throws LlmcError UNSUPPORTED for diagonals */
function equationOf(g: GradientScope): Equation {
  const [left = '', right] = g.node.text('equation').replace(/\s+/g, '').split('->');
  const stated = left.split(',');
  const letters = new Set(g.node.text('equation').replace(/[^A-Za-z]/g, ''));
  const unused = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter(
    (one) => !letters.has(one),
  );
  const ranks = stated.map((term, at) => g.shape(g.input(at)).length - term.replace('...', '').length);
  const rest = unused.slice(
    0,
    Math.max(0, ...stated.map((term, at) => (term.includes('...') ? (ranks[at] ?? 0) : 0))),
  );
  const spelt = (term: string, count: number): string =>
    term.replace('...', rest.slice(rest.length - count).join(''));
  const terms = stated.map((term, at) => spelt(term, ranks[at] ?? 0));
  const result = right === undefined ? implicit(left, rest.join('')) : spelt(right, rest.length);
  const sizes = new Map<string, number>();
  for (const [at, term] of terms.entries()) {
    if (new Set(term).size !== term.length) throw g.unsupported('it takes a diagonal');
    for (const [axis, letter] of [...term].entries())
      sizes.set(letter, Math.max(sizes.get(letter) ?? 1, g.shape(g.input(at))[axis] ?? 1));
  }
  return { terms, result, sizes };
}

/** Without an arrow the letters that occur once are the result, in the order of the alphabet. */
function implicit(left: string, rest: string): string {
  const all = left.replace(/[^A-Za-z]/g, '');
  return (
    rest +
    [...new Set(all)]
      .filter((one) => all.split(one).length === 2)
      .sort()
      .join('')
  );
}
