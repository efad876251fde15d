/** Multiply-accumulates of a node, read from its signature and the extents of its labels. */
import type { Node } from '../ir/node.ts';
import { type Binding, bind, knownShape, type ShapeOf } from './bind.ts';
import { contractedLabels } from './contraction.ts';
import { labelsOf, type Signature } from './signature.ts';
import { signatureOf } from './signature-of.ts';
import type { OpSpec } from './spec.ts';
import { specOf } from './table.ts';

/** A count, or why there is none. */
export type MacCount = { readonly macs: number } | { readonly unknown: string };

/**
 * The product of the extents of all labels when something is contracted, 0 when nothing is. Work of bodies is counted
 * at their own nodes.
 * @param resized labels that are to count with another extent, as if positions had been cut from them
 */
export function countMacs(
  node: Node,
  shapeOf: ShapeOf = knownShape,
  resized: ReadonlyMap<string, number> = new Map(),
): MacCount {
  const spec = specOf(node);
  if (!spec) return { unknown: `nothing is known of ${node.opType}` };
  const signature = signatureOf(node);
  if (!signature) return multiplies(spec) ? { unknown: 'shapes or attributes are unknown' } : { macs: 0 };
  const terms = spec.macs ?? defaultTerm(signature);
  if (terms === null) return { macs: 0 };
  const bound = bind(signature, node, shapeOf);
  if ('refusal' in bound) return { unknown: bound.refusal };
  let sum = 0;
  for (const term of terms.split('+')) {
    const product = multiply(term.trim().split(/\s+/), bound.binding, resized);
    if (typeof product !== 'number') return product;
    sum += product;
  }
  return { macs: sum };
}

/** As countMacs; null when the count is not known. */
export function macs(node: Node, shapeOf: ShapeOf = knownShape): number | null {
  const count = countMacs(node, shapeOf);
  return 'macs' in count ? count.macs : null;
}

/** True for operators whose work is multiplying and adding, so that a missing count is worth telling. */
function multiplies(spec: OpSpec): boolean {
  return spec.macs !== undefined || (spec.quant?.kind === 'compute' && spec.quant.weights.length > 0);
}

function defaultTerm(signature: Signature): string | null {
  if (contractedLabels(signature).size === 0) return null;
  const tensors = [...signature.inputs, ...signature.outputs].filter((tensor) => tensor !== null);
  const grouped = new Set<string>();
  for (const { axes } of tensors)
    for (const axis of axes)
      if (axis.kind === 'group') grouped.add(axis.label);
      else if (axis.kind === 'window' && axis.group) grouped.add(axis.position).add(axis.kernel);
  const labels = new Set(tensors.flatMap(labelsOf));
  return [...labels].map((label) => (grouped.has(label) ? `*${label}` : label)).join(' ');
}

function multiply(
  factors: readonly string[],
  binding: Binding,
  resized: ReadonlyMap<string, number>,
): number | { unknown: string } {
  let product = 1;
  for (const factor of factors.flatMap((each) => expandGroup(each, binding))) {
    const extent = /^\d+$/.test(factor)
      ? Number(factor)
      : (resized.get(factor) ?? binding.extents.get(factor) ?? null);
    if (extent === null) return { unknown: `the size of ${factor} is unknown` };
    if (typeof extent === 'string') return { unknown: `the size ${extent} is symbolic` };
    product *= extent;
  }
  return product;
}

/** `*s` stands for the axes it was bound to; where no rank said how many, it stays and is unknown. */
function expandGroup(factor: string, { groups }: Binding): readonly string[] {
  const name = factor.replace(/^\*/, '');
  const count = groups.get(name);
  if (!factor.startsWith('*') || count === undefined) return [factor];
  return Array.from({ length: count }, (_, index) => `${name}.${index + 1}`);
}
