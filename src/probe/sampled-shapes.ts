/** Shapes of all values for inputs of two sizes: numbers everywhere, and which of them the inputs decide. */
import type { Model } from '../ir/model.ts';
import type { Value } from '../ir/value.ts';
import type { Context } from '../step.ts';
import { type Shapes, shapesAt, shapesSeen } from './static-shapes.ts';

type Sizes = Readonly<Record<string, number>>;

export interface SampledShapes {
  /** The dims for the first sizes; null where neither inference nor a run tells them. */
  shapeOf(value: Value): readonly number[] | null;
  /** Whether the dim is the same for other sizes. */
  isFixed(value: Value, axis: number): boolean;
}

/** Steps of the sizes of symbolic dims: many strides fit the first, tables of positions the second. */
const UNITS = [32, 8] as const;

/**
 * Symbolic dims get sizes of their own, so that which dim is which can be told by its size: 2 and 3 for those that come
 * first in an input, multiples of a unit for all others. Of the units the one counts with which most shapes come out.
 */
export async function sampledShapes(model: Model, context: Context): Promise<SampledShapes> {
  const names = symbolicDims(model);
  let best: readonly [Shapes, Shapes] = [new Map(), new Map()];
  for (const unit of names.length === 0 ? [1] : UNITS) {
    const first = await sample(model, sizesFor(names, unit, 0), context);
    const second = names.length === 0 ? first : await sample(model, sizesFor(names, unit, 1), context);
    if (first && second && known(first, second) > known(...best)) best = [first, second];
    // Without symbols nothing else can be tried; with all shapes there is no need to.
    if (first && second && openIn(model, second).length === 0) break;
  }
  const [first, second] = best;
  return {
    shapeOf: (value) => {
      const shape = value.tensor?.dims ?? first.get(value);
      return shape?.every((dim) => typeof dim === 'number' && dim >= 0) ? (shape as readonly number[]) : null;
    },
    isFixed: (value, axis) => {
      if (value.tensor) return true;
      const dim = first.get(value)?.[axis];
      return dim !== undefined && dim === second.get(value)?.[axis];
    },
  };
}

interface SymbolicDim {
  readonly name: string;
  readonly leading: boolean;
}

function symbolicDims(model: Model): SymbolicDim[] {
  const found = new Map<string, boolean>();
  for (const input of model.graph.inputs)
    for (const [axis, dim] of (input.type?.shape ?? []).entries())
      if (typeof dim === 'string') found.set(dim, (found.get(dim) ?? true) && axis === 0);
  return [...found].map(([name, leading]) => ({ name, leading }));
}

function sizesFor(names: readonly SymbolicDim[], unit: number, turn: 0 | 1): Sizes {
  let others = 0;
  const count = names.filter(({ leading }) => !leading).length;
  return Object.fromEntries(
    names.map(({ name, leading }) => [
      name,
      leading ? 2 + turn : unit * (1 + others++) + turn * unit * count,
    ]),
  );
}

/** Inputs, inferred values, and by a run those that inference leaves open. */
async function sample(model: Model, sizes: Sizes, context: Context): Promise<Shapes | null> {
  const inferred = await shapesAt(model, sizes);
  if (!inferred) return null;
  const shapes = new Map(inferred);
  for (const input of model.graph.inputs) {
    const shape = input.type?.shape?.map((dim) => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim));
    if (shape) shapes.set(input, shape);
  }
  const open = openIn(model, inferred);
  const seen = open.length > 0 ? await shapesSeen(model, open, sizes, context) : null;
  for (const [value, shape] of seen ?? []) shapes.set(value, shape);
  return shapes;
}

/** Values of the main graph, which every run reaches, without whole shapes. */
function openIn(model: Model, shapes: Shapes): Value[] {
  return model.graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((value) => value !== null)
    .filter((value) => !shapes.get(value)?.every((dim) => typeof dim === 'number'));
}

function known(first: Shapes, second: Shapes): number {
  let count = 0;
  for (const [value, shape] of first)
    if (second.has(value) && shape.every((dim) => typeof dim === 'number' && dim > 0)) count++;
  return count;
}
