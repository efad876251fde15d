/** Weights that are multiplied and summed, with the order in which masks see them: rows of all a result is a sum over. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { contractionAxes, isFactor } from '../../ops/contraction.ts';

export interface MaskLayer {
  readonly value: Value;
  readonly tensor: Tensor;
  /** Who multiplies with it; more than one for tied weights. */
  readonly uses: readonly Node[];
  /** First axis that is summed over: the inputs of a matrix, the input channels of a convolution. Patterns run along it. */
  readonly axis: number;
  readonly extent: number;
  /** Places in the tensor: element (row, column) is at rows[row] + columns[column]. */
  readonly rows: Int32Array;
  /** The first summed axis runs fastest, so that a pattern is a run of columns. */
  readonly columns: Int32Array;
}

export interface FoundLayers {
  readonly layers: readonly MaskLayer[];
  readonly others: readonly { readonly value: Value; readonly reason: string }[];
}

const FLOATS: readonly string[] = ['float32', 'float64', 'float16', 'bfloat16'];

/** Each weight once, in the order of the model. */
export function findMaskLayers(model: Model, select: (node: Node) => string | null): FoundLayers {
  const layers: MaskLayer[] = [];
  const others: { value: Value; reason: string }[] = [];
  const seen = new Set<Value>();
  for (const node of allNodes(model, { functions: false }))
    for (const [index, value] of node.inputs.entries()) {
      if (!value?.tensor || seen.has(value) || !isFactor(node, index)) continue;
      seen.add(value);
      const found = layerOf(value, value.tensor, select);
      if (typeof found === 'string') others.push({ value, reason: found });
      else layers.push(found);
    }
  return { layers, others };
}

function layerOf(value: Value, tensor: Tensor, select: (node: Node) => string | null): MaskLayer | string {
  if (!FLOATS.includes(tensor.dtype)) return `${tensor.dtype} weights are quantized already`;
  if (value.isGraphOutput) return 'it is an output of the model';
  const uses = [...new Set([...value.uses].map(({ node }) => node))];
  const axes = uses.map((node) => {
    const slots = node.inputs.flatMap((each, index) => (each === value ? [index] : []));
    const only = slots[0];
    return slots.length === 1 && only !== undefined && isFactor(node, only)
      ? contractionAxes(node, only)
      : null;
  });
  for (const node of uses) {
    const reason = select(node);
    if (reason !== null) return reason;
  }
  const [first] = axes;
  if (!first || axes.some((each) => each === null))
    return 'it is used as something else than a factor too, such as a table';
  if (first.length === 0) return 'which of its axes are summed over is not known';
  if (axes.some((each) => each?.join() !== first.join())) return 'its uses sum over different axes of it';
  return { value, tensor, uses, ...orderOf(tensor.dims, first) };
}

/** @param summed axes that are summed over, ascending, at least one */
export function orderOf(
  dims: readonly number[],
  summed: readonly number[],
): Pick<MaskLayer, 'axis' | 'extent' | 'rows' | 'columns'> {
  const [axis, ...rest] = summed as [number, ...number[]];
  const others = dims.flatMap((_, each) => (summed.includes(each) ? [] : [each]));
  return {
    axis,
    extent: dims[axis] as number,
    rows: placesOf(dims, others),
    columns: placesOf(dims, [...rest, axis]),
  };
}

/** Offsets of all combinations of positions along some axes, the last axis fastest. */
function placesOf(dims: readonly number[], axes: readonly number[]): Int32Array {
  let places = Int32Array.of(0);
  for (const axis of axes) {
    const stride = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    const size = dims[axis] as number;
    const next = new Int32Array(places.length * size);
    for (const [at, place] of places.entries())
      for (let index = 0; index < size; index++) next[at * size + index] = place + index * stride;
    places = next;
  }
  return places;
}

/** The weights as a matrix [rows, columns]. */
export function matrixOf({ rows, columns }: MaskLayer, floats: Float32Array): Float32Array {
  const matrix = new Float32Array(floats.length);
  let at = 0;
  for (const row of rows) for (const column of columns) matrix[at++] = floats[row + column] as number;
  return matrix;
}
