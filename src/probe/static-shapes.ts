/** Shapes of values as far as they are the same whatever the sizes of the inputs are. */
import { LlmcError } from '../errors.ts';
import { int } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import type { Dim, Shape, Value } from '../ir/value.ts';
import { allGraphs, allNodes } from '../ir/walk.ts';
import { cloneModel } from '../onnx/read.ts';
import { knownShape, type ShapeOf } from '../ops/bind.ts';
import { inferTypes } from '../runtime/shapes.ts';
import type { Context } from '../step.ts';
import { observe } from './observe.ts';
import type { Probe, Tap } from './probe.ts';

export type Shapes = ReadonlyMap<Value, Shape>;

/** Sizes for symbolic dims: large enough for a few strides where nothing runs, small where it does. */
const INFERRED = [32, 64] as const;
const RUN = [8, 16] as const;

/**
 * Asks for all shapes at two sizes of every symbolic input dim; a dim that is the same in both does not depend on them
 * (docs/decisions/0004). Shapes that inference leaves open are those of two runs on generated inputs; where these fail
 * too, the types of the model count.
 */
export async function staticShapes(model: Model, context: Context): Promise<ShapeOf> {
  const names = new Set<string>();
  for (const input of model.graph.inputs)
    for (const dim of input.type?.shape ?? []) if (typeof dim === 'string') names.add(dim);
  const at = (size: number): Record<string, number> =>
    Object.fromEntries([...names].map((name) => [name, size]));
  const inferred = await Promise.all(INFERRED.map((size) => shapesAt(model, at(size))));
  const known = common(inferred[0] ?? null, inferred[1] ?? null);
  const open = openValues(model, inferred[0] ?? new Map());
  const ran: Shapes[] = [];
  if (open.length > 0)
    for (const size of RUN) ran.push((await shapesSeen(model, open, at(size), context)) ?? new Map());
  const seen = common(ran[0] ?? null, ran[1] ?? null);
  return (value) => value.tensor?.dims ?? seen.get(value) ?? known.get(value) ?? knownShape(value);
}

/** Dims that are equal in both. */
function common(first: Shapes | null, second: Shapes | null): Shapes {
  const found = new Map<Value, Shape>();
  for (const [value, shape] of first ?? []) {
    const other = second?.get(value);
    if (other?.length === shape.length)
      found.set(
        value,
        shape.map((dim, axis): Dim => (typeof dim === 'number' && dim === other[axis] ? dim : null)),
      );
  }
  return found;
}

/** Null when the runtime finds no types at these sizes. */
export async function shapesAt(
  model: Model,
  sizes: Readonly<Record<string, number>>,
): Promise<Shapes | null> {
  const copy = cloneModel(model);
  if ((await inferTypes(copy, sizes)).some(({ graph }) => graph === copy.graph.name)) return null;
  const shapes = new Map<Value, Shape>();
  const twins = [...allGraphs(copy, { functions: false })];
  for (const [at, graph] of [...allGraphs(model, { functions: false })].entries()) {
    const nodes = twins[at]?.nodes ?? [];
    for (const [place, node] of graph.nodes.entries())
      for (const [index, value] of node.outputs.entries()) {
        const shape = nodes[place]?.output(index)?.type?.shape;
        if (value && shape) shapes.set(value, shape);
      }
  }
  return shapes;
}

/** Float values of known rank whose shape is not whole at concrete sizes. */
function openValues(model: Model, shapes: Shapes): Value[] {
  const open: Value[] = [];
  for (const node of allNodes(model, { functions: false }))
    for (const value of node.outputs) {
      if (value?.dtype !== 'float32' || value.rank === null || value.rank === 0) continue;
      const shape = shapes.get(value) ?? knownShape(value);
      if (!shape?.every((dim) => typeof dim === 'number')) open.push(value);
    }
  return open;
}

/** Null when the model does not run on generated inputs of these sizes. */
export async function shapesSeen(
  model: Model,
  values: readonly Value[],
  dims: Readonly<Record<string, number>>,
  context: Context,
): Promise<Shapes | null> {
  const taps = values.map((value): Tap<readonly number[] | null> => ({ value, probe: shapeProbe }));
  try {
    const observed = await observe(model, taps, { dims, samples: 1, label: 'shapes' }, context);
    const found = new Map<Value, Shape>();
    for (const tap of taps) {
      const shape = observed.get(tap);
      if (shape) found.set(tap.value, shape);
    }
    return found;
  } catch (error) {
    if (!(error instanceof LlmcError) || error.code === 'INTERRUPTED') throw error;
    return null;
  }
}

/** Tensors of more axes are not looked at. */
const MOST_AXES = 8;

/** The rank of a value, then its dims, the largest seen; the rest is zero. */
const shapeProbe: Probe<readonly number[] | null> = {
  name: 'shape',
  opset: 10,
  width: 1 + MOST_AXES,
  combine: 'max',
  build: ({ builder }, value) => {
    const dims = builder.op('Shape', [value]);
    const padding = builder.ints('no_dims', new Array(MOST_AXES).fill(0));
    const row = builder.op('Concat', [builder.op('Shape', [dims]), dims, padding], {
      attributes: { axis: int(0) },
    });
    const first = builder.op('Slice', [row, builder.ints('from', [0]), builder.ints('to', [1 + MOST_AXES])]);
    return builder.op('Cast', [first], { attributes: { to: int(1) } });
  },
  read: ([rank = 0, ...dims]) => (rank > MOST_AXES ? null : dims.slice(0, rank)),
};
