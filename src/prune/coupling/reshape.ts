/** Strands of a Reshape: the common refinement of the dims before and after it. */
import type { Node } from '../../ir/node.ts';
import type { Site } from './site.ts';
import { frozenAxis, frozenNode, frozenSite, layout, type Place, type Strand } from './strand.ts';

/** Axes before and after, half open, that hold the same elements in the same order. */
interface Block {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/** Axes that come out of each other; what stands beside dims of unknown size is frozen. */
export function reshapeStrands(
  node: Node,
  inputs: readonly (Site | null)[],
  outputs: readonly (Site | null)[],
): Strand[] {
  const [data, ...others] = inputs;
  const [result] = outputs;
  const strands = others.flatMap((site, at) => frozenSite(node, site, at + 1, `a shape of ${node.label}`));
  if (!data || !result) {
    const reason = `the rank beyond ${node.label} is unknown`;
    return [...strands, ...frozenNode(node, [data ?? null], [result ?? null], reason)];
  }
  const blocks = matchBlocks(data.shape, result.shape);
  const [before, after] = [new Set<number>(), new Set<number>()];
  for (const { from, to } of blocks) {
    strands.push(...blockStrands(node, data, from, result, to));
    for (let axis = from[0]; axis < from[1]; axis++) before.add(axis);
    for (let axis = to[0]; axis < to[1]; axis++) after.add(axis);
  }
  for (const [site, slot, seen] of [
    [data, 0, before],
    [result, ~0, after],
  ] as const)
    for (const axis of site.shape.keys()) {
      const strand = seen.has(axis)
        ? null
        : frozenAxis(
            node,
            site,
            slot,
            axis,
            `${node.label} puts the axis together with others in a way that cannot be told`,
          );
      if (strand) strands.push(strand);
    }
  return strands;
}

function blockStrands(node: Node, data: Site, from: Block['from'], result: Site, to: Block['to']): Strand[] {
  const spans = [...spansOf(data, 0, from), ...spansOf(result, ~0, to)];
  const bounds = [...new Set(spans.flatMap(({ low, high }) => [low, high]))].sort((a, b) => a - b);
  const nested = bounds.every((bound, at) => at === 0 || bound % (bounds[at - 1] as number) === 0);
  if (!nested)
    return spans.flatMap(
      ({ site, slot, axis }) =>
        frozenAxis(node, site, slot, axis, `${node.label} cuts the axis into pieces that do not fit`) ?? [],
    );
  return bounds.slice(1).map((high, at): Strand => {
    const low = bounds[at] as number;
    const size = high / low;
    const places = spans
      .filter((span) => span.low <= low && span.high >= high)
      .map(
        ({ site, slot, axis, low: start }): Place => ({
          site,
          slot,
          axis,
          at: layout(site.shape[axis] as number, size, low / start),
          summed: false,
        }),
      );
    return { node, size, labels: [], places, frozen: null, approximate: null, attributes: [] };
  });
}

/** An axis with more than one element as a span of strides within its block: elements between two of its steps, and all. */
interface Span {
  readonly site: Site;
  readonly slot: number;
  readonly axis: number;
  readonly low: number;
  readonly high: number;
}

function spansOf(site: Site, slot: number, [first, end]: readonly [number, number]): Span[] {
  const spans: Span[] = [];
  let low = 1;
  for (let axis = end - 1; axis >= first; axis--) {
    const dim = site.shape[axis] as number;
    if (dim > 1) spans.push({ site, slot, axis, low, high: low * dim });
    low *= dim;
  }
  return spans;
}

/** The shortest runs of axes that hold as many elements on both sides. */
function matchBlocks(from: readonly number[], to: readonly number[]): Block[] {
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    let [a, b] = [from[i] as number, to[j] as number];
    let [end, last] = [i + 1, j + 1];
    while (a !== b) {
      const next = a < b ? from[end++] : to[last++];
      // Empty tensors, or shapes that do not belong together.
      if (next === undefined || next === 0) return blocks;
      if (a < b) a *= next;
      else b *= next;
    }
    blocks.push({ from: [i, end], to: [j, last] });
    [i, j] = [end, last];
  }
  return blocks;
}
