/** Binds a signature to a node: which labels each axis of each tensor carries, and how large they are. */
import type { Node } from '../ir/node.ts';
import type { Dim, Shape, Value } from '../ir/value.ts';
import { Extents, Mismatch } from './extents.ts';
import {
  type AxisPattern,
  type Factor,
  labelsOfAxis,
  type Signature,
  type TensorPattern,
} from './signature.ts';

/** Where shapes are read; the default is what the graph knows. */
export type ShapeOf = (value: Value) => Shape | null;

/** One axis of one tensor. */
export interface BoundAxis {
  /** Row-major; empty for an axis of size 1 that is stretched or belongs to nobody. */
  readonly factors: readonly Factor[];
  /** Position and kernel labels when a window slides over the axis; `factors` is empty then. */
  readonly window: readonly [string, string] | null;
  readonly extent: Dim;
  /** True when none of its elements may be cut. */
  readonly frozen: boolean;
}

export interface Binding {
  /** By position; null where the tensor is absent, its rank is unknown or the signature says nothing. */
  readonly inputs: readonly (readonly BoundAxis[] | null)[];
  readonly outputs: readonly (readonly BoundAxis[] | null)[];
  /** Extents of all labels: a number, a symbolic name, or null where unknown. Axes of `*s` are `s.1` (the last), `s.2`, ... */
  readonly extents: ReadonlyMap<string, Dim>;
  /** How many axes each `*s` stands for, the longest where tensors differ. */
  readonly groups: ReadonlyMap<string, number>;
}

/** A binding, or why the tensors do not fit the signature. */
export type BindResult = { readonly binding: Binding } | { readonly refusal: string };

/** Shapes as the graph has them: constants exactly, everything else as far as its type says. */
export function knownShape(value: Value): Shape | null {
  return value.tensor?.dims ?? value.type?.shape ?? null;
}

interface Slot {
  readonly pattern: TensorPattern;
  readonly shape: Shape | null;
}

/** The label as the signature writes it: `s` of `s.2`. */
export function baseLabel(label: string): string {
  return label.replace(/\..*$/, '');
}

/** Fits the tensors of `node` to `signature`. Inputs and outputs the node leaves out are skipped. */
export function bind(signature: Signature, node: Node, shapeOf: ShapeOf = knownShape): BindResult {
  const slots = (patterns: readonly (TensorPattern | null)[], values: readonly (Value | null)[]) =>
    patterns.map((pattern, index): Slot | null => {
      const value = values[index];
      return pattern && value ? { pattern, shape: shapeOf(value) } : null;
    });
  const inputs = slots(signature.inputs, node.inputs);
  const outputs = slots(signature.outputs, node.outputs);
  try {
    const all = [...inputs, ...outputs].filter((slot) => slot !== null);
    const groups = groupLengths(all);
    const expanded = new Map(
      all.map((slot) => [slot, slot.shape ? expand(slot.pattern, slot.shape.length) : null]),
    );
    const extents = solve(signature, node, expanded);
    const axes = (slot: Slot | null) =>
      slot ? boundAxes(slot, expanded.get(slot) ?? null, extents, signature.frozen) : null;
    return { binding: { inputs: inputs.map(axes), outputs: outputs.map(axes), extents, groups } };
  } catch (error) {
    if (error instanceof Mismatch) return { refusal: error.message };
    throw error;
  }
}

/** An axis pattern of a tensor of known rank, groups replaced by their single axes. */
type FlatAxis = Exclude<AxisPattern, { readonly kind: 'group' }>;

function isMany(axis: AxisPattern): boolean {
  return axis.kind === 'group' || (axis.kind === 'window' && axis.group);
}

function groupLengths(slots: readonly Slot[]): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { pattern, shape } of slots) {
    if (!shape) continue;
    const many = pattern.axes.find(isMany);
    const single = pattern.axes.length - (many ? 1 : 0);
    const count = shape.length - single;
    if (count < 0 || (!many && count > 0))
      throw new Mismatch(
        `${pattern.name} has rank ${shape.length}, expected ${many ? 'at least ' : ''}${single}`,
      );
    if (many)
      for (const label of labelsOfAxis(many)) lengths.set(label, Math.max(count, lengths.get(label) ?? 0));
  }
  return lengths;
}

function expand(pattern: TensorPattern, rank: number): FlatAxis[] {
  const count = rank - pattern.axes.length + 1;
  return pattern.axes.flatMap((axis): FlatAxis[] => {
    if (!isMany(axis)) return axis.kind === 'group' ? [] : [axis];
    // Numbered from the right, where broadcasting aligns.
    return Array.from({ length: count }, (_, index): FlatAxis => {
      const at = count - index;
      if (axis.kind === 'window')
        return {
          kind: 'window',
          group: false,
          position: `${axis.position}.${at}`,
          kernel: `${axis.kernel}.${at}`,
        };
      return { kind: 'axis', factors: axis.kind === 'group' ? [`${axis.label}.${at}`] : [] };
    });
  });
}

function solve(
  signature: Signature,
  node: Node,
  expanded: ReadonlyMap<Slot, readonly FlatAxis[] | null>,
): ReadonlyMap<string, Dim> {
  const extents = new Extents(signature, node);
  for (const [{ pattern, shape }, axes] of expanded)
    for (const [index, axis] of (axes ?? []).entries())
      if (axis.kind === 'axis') extents.add(pattern.name, axis.factors, shape?.[index] ?? null);
      else for (const label of [axis.position, axis.kernel]) extents.mention(label);
  extents.solve();
  return extents.known;
}

function boundAxes(
  slot: Slot,
  axes: readonly FlatAxis[] | null,
  extents: ReadonlyMap<string, Dim>,
  frozen: ReadonlySet<string>,
): BoundAxis[] | null {
  if (!axes) return null;
  return axes.map((axis, index): BoundAxis => {
    const extent = slot.shape?.[index] ?? null;
    if (axis.kind === 'window')
      return { factors: [], window: [axis.position, axis.kernel], extent, frozen: true };
    const stretched =
      extent === 1 && axis.factors.some((factor) => typeof factor === 'string' && extents.get(factor) !== 1);
    const labels = axis.factors.filter((factor) => typeof factor === 'string');
    const whole = labels.length === 0 || labels.some((label) => frozen.has(baseLabel(label)));
    return { factors: stretched ? [] : axis.factors, window: null, extent, frozen: whole };
  });
}
