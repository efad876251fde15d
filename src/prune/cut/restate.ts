/** What nodes state of sizes, as numbers in inputs or attributes, after a cut. */
import { int, ints } from '../../ir/attribute.ts';
import { Builder } from '../../ir/builder.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { constantInts, normalAxis, stateInts } from '../../ops/labels.ts';
import { isRelation } from '../../ops/spec.ts';
import { specOf } from '../../ops/table.ts';
import { repick } from '../coupling/picks.ts';
import type { Site } from '../coupling/site.ts';
import type { Dropped } from './cut.ts';
import { pinDim, tellsDims } from './pin-shapes.ts';

type Cuts = ReadonlyMap<Site, Dropped>;

/** Rewrites what the nodes around the tensors say; the tensors still have their old sizes. Returns the nodes it changed. */
export function restate(sites: Cuts, isFixed: IsFixed): Node[] {
  const byValue = new Map<Value, Cut>();
  const changed: Node[] = [];
  for (const [site, axes] of sites)
    if (!site.reader) byValue.set(site.value, { site, axes });
    else if (repick(site.reader.node, site, axes)) changed.push(site.reader.node);
  for (const cut of byValue.values()) {
    const { producer, uses } = cut.site.value;
    if (producer?.output() === cut.site.value && restateShape(producer, cut, isFixed)) changed.push(producer);
    for (const node of new Set(uses.map((use) => use.node)))
      if (restateReader(node, cut, byValue, isFixed)) changed.push(node);
  }
  return changed;
}

type IsFixed = (value: Value, axis: number) => boolean;

interface Cut {
  readonly site: Site;
  readonly axes: Dropped;
}

function restateReader(node: Node, cut: Cut, cuts: ReadonlyMap<Value, Cut>, isFixed: IsFixed): boolean {
  const { site, axes } = cut;
  if (splits(node)) return restateSplit(node, axes, cuts);
  if (!tellsDims(node)) return repick(node, site, axes);
  for (const [axis, drop] of axes) {
    const before = site.shape[axis] as number;
    const change = { axis, before, now: before - dropsOf(drop), fixed: isFixed(site.value, axis) };
    pinDim(node, site.shape.length, change);
  }
  return true;
}

function dropsOf(drop: Uint8Array | undefined): number {
  return drop?.reduce((sum, each) => sum + each, 0) ?? 0;
}

function splits(node: Node): boolean {
  const axes = specOf(node)?.axes;
  return isRelation(axes) && axes.relation === 'segments' && axes.whole === 'inputs';
}

/** Sizes of the parts, where they have changed along the axis of the split. */
function restateSplit(node: Node, dropped: Dropped, cuts: ReadonlyMap<Value, Cut>): boolean {
  const axes = specOf(node)?.axes;
  const rank = node.input(0)?.rank ?? node.output()?.rank ?? null;
  const axis =
    isRelation(axes) && axes.relation === 'segments' && rank !== null
      ? normalAxis(axes.axis(node), rank)
      : null;
  if (axis === null || !dropped.has(axis)) return false;
  const sizes = node.outputs.map((value) => {
    const cut = value && cuts.get(value);
    const before = (cut?.site.shape ?? value?.type?.shape)?.[axis];
    if (typeof before !== 'number') throw new Error(`a part of ${node.label} has an unknown size`);
    return before - dropsOf(cut?.axes.get(axis));
  });
  if (node.attributes.has('split')) node.attributes.set('split', ints(sizes));
  else {
    // From opset 18 on equal parts may be asked for by their number, which may not stand beside sizes.
    node.attributes.delete('num_outputs');
    if (node.graph)
      node.setInput(1, node.graph.addInitializer(`${node.name || 'split'}_sizes`, Tensor.ints(sizes)));
  }
  return true;
}

/** The input that states the dims of the output: entries of axes that were cut become what they are now. */
function restateShape(node: Node, { site, axes }: Cut, isFixed: IsFixed): boolean {
  const { value, shape } = site;
  const index = specOf(node)?.statedShape;
  const stated = index === undefined ? null : node.input(index);
  if (index === undefined || !stated || !node.graph) return false;
  const left = (axis: number) => (shape[axis] as number) - dropsOf(axes.get(axis));
  const constant = constantInts(node, index);
  // Expand may state fewer dims than the result has.
  const length = constant?.length ?? shape.length;
  const entryOf = (axis: number) => axis - (shape.length - length);
  if (constant) {
    const entries = constant.map((entry, at) => {
      const axis = at + shape.length - length;
      // What is copied, or found out, or stretches nothing goes on as it is.
      return axes.has(axis) && entry === shape[axis] ? left(axis) : entry;
    });
    stateInts(node, '', index, entries);
    return true;
  }
  const builder = new Builder(node.graph, { before: node });
  const parts: Value[] = [];
  let done = 0;
  const slice = (from: number, to: number) =>
    builder.op('Slice', [stated, builder.ints('shape_from', [from]), builder.ints('shape_to', [to])]);
  for (const axis of [...axes.keys()].sort((a, b) => a - b)) {
    const at = entryOf(axis);
    if (at < 0) continue;
    if (at > done) parts.push(slice(done, at));
    parts.push(
      isFixed(value, axis)
        ? builder.ints('shape_entry', [left(axis)])
        : scaled(builder, slice(at, at + 1), left(axis), shape[axis] as number),
    );
    done = at + 1;
  }
  if (done < length) parts.push(slice(done, length));
  node.setInput(index, builder.op('Concat', parts, { attributes: { axis: int(0) } }));
  return true;
}

/** A size that inputs decide, with a factor that has become smaller; -1, 0 and 1 keep their meaning. */
function scaled(builder: Builder, entry: Value, now: number, before: number): Value {
  const product = builder.op('Mul', [entry, builder.ints('factor_now', [now])]);
  const quotient = builder.op('Div', [product, builder.ints('factor_before', [before])]);
  const plain = builder.op('Greater', [entry, builder.ints('one', [1])]);
  return builder.op('Where', [plain, quotient, entry]);
}
