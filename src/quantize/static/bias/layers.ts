/** Layers whose bias can make up for what quantization does to the means of their results. */
import type { Model } from '../../../ir/model.ts';
import type { Node } from '../../../ir/node.ts';
import type { Value } from '../../../ir/value.ts';
import { contractionAxes } from '../../../ops/contraction.ts';
import { sumBehind } from '../../../passes/add-to-bias.ts';
import type { PlannedNode, StaticPlan } from '../plan.ts';

/** A layer of the float model, before anything is quantized. */
export interface BiasedLayer {
  readonly node: Node;
  /** The input that holds the bias. */
  readonly bias: number;
  /** The input that holds the data. */
  readonly data: number;
  /** Name of the result in the float model. */
  readonly result: string;
  /** Axes of the result, and the one that the bias goes along. */
  readonly rank: number;
  readonly axis: number;
}

/** The layers of the main graph that a plan puts on integers and that have a bias. */
export function biasedLayers(model: Model, plan: StaticPlan): BiasedLayer[] {
  return [...plan.nodes.values()].flatMap((planned) => layerOf(planned, model) ?? []);
}

function layerOf({ node, role }: PlannedNode, model: Model): BiasedLayer | null {
  const [data] = role.operands;
  const weightRank = role.weight === null ? null : (node.input(role.weight)?.rank ?? null);
  if (node.graph !== model.graph || role.weight === null || data === undefined || weightRank === null)
    return null;
  const result = node.output();
  if (role.bias === null) return sumOf(node);
  // Kernels that move over places keep channels at axis 1, matrix products at the last.
  const moves = contractionAxes(node, role.weight).length > 1;
  if (!result || weightRank < 2 || node.constant(role.bias)?.dtype !== 'float32') return null;
  const axis = moves ? 1 : weightRank - 1;
  return { node, bias: role.bias, data, result: result.name, rank: weightRank, axis };
}

/** A constant that is added behind a matrix product. */
function sumOf(product: Node): BiasedLayer | null {
  const place = sumBehind(product);
  const result = place?.node.output();
  const rank = result?.rank ?? product.output()?.rank ?? null;
  if (!place || !result || rank === null || rank < 2) return null;
  const bias = place.node.constant(place.input);
  if (bias?.dtype !== 'float32' || bias.size !== bias.dims.at(-1) || bias.size === 1) return null;
  const data = place.node.inputs.indexOf(product.output());
  return { node: place.node, bias: place.input, data, result: result.name, rank, axis: rank - 1 };
}

/** The constant that holds the bias once it is quantized: codes and their scales, or floats; null where it is shared. */
export function storedBias(node: Node, bias: number): StoredBias | null {
  const value = node.input(bias);
  const maker = value?.producer;
  if (value?.tensor?.dtype === 'float32' && value.useCount === 1) return { value, scales: null };
  const codes = maker?.input(0);
  const scales = maker?.constant(1);
  if (codes?.tensor?.dtype !== 'int32' || codes.useCount !== 1 || scales?.dtype !== 'float32') return null;
  return { value: codes, scales: scales.array() as Float32Array };
}

export interface StoredBias {
  readonly value: Value;
  /** A scale for each code, or one for all; null for floats. */
  readonly scales: Float32Array | null;
}
