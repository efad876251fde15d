/** Einsum: its equation is an axis signature already. */

import type { Node } from '../../ir/node.ts';
import { einsum as contracted } from '../gradients/einsum.ts';
import type { OpSpec } from '../spec.ts';

/** Each letter becomes a label, the ellipsis a group; without `->` the letters that occur once are the output. */
function einsum(node: Node): string | null {
  const [left = '', right] = node.text('equation').replace(/\s+/g, '').split('->');
  const terms = left.split(',');
  if (terms.length !== node.inputs.length || !terms.every(isTerm)) return null;
  const output = right ?? implicitOutput(left);
  if (!isTerm(output)) return null;
  return `${terms.map((term, index) => `X${index}[${axes(term)}]`).join(', ')} -> Y[${axes(output)}]`;
}

function isTerm(term: string): boolean {
  // A label twice in one term takes a diagonal, which signatures cannot say.
  const letters = term.replace('...', '');
  return /^[A-Za-z]*$/.test(letters) && new Set(letters).size === letters.length;
}

function axes(term: string): string {
  return (term.match(/\.\.\.|[A-Za-z]/g) ?? []).map((each) => (each === '...' ? '*rest' : each)).join(' ');
}

function implicitOutput(left: string): string {
  const letters = left.replace(/[^A-Za-z]/g, '');
  const once = [...new Set(letters)].filter((letter) => letters.split(letter).length === 2).sort();
  return (left.includes('...') ? '...' : '') + once.join('');
}

export const einsumFamily: readonly OpSpec[] = [
  {
    type: 'Einsum',
    gradient: contracted,
    axes: einsum,
    homogeneous: (node) => node.inputs.map((_, index) => [index]),
    quant: { kind: 'compute', weights: [0, 1] },
    types: 'T* -> T',
    bfloat16: 28,
  },
];
