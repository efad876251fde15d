/** Noise that quantization adds to products, predicted from statistics of the activations and the weights themselves. */
import { floatsOf } from '../../ir/floats.ts';
import { channelLayout } from '../../numeric/range.ts';
import { channelAxis } from '../../ops/contraction.ts';
import type { ChannelExtremes, ChannelSquares } from './channel-probes.ts';
import type { Contraction } from './contractions.ts';
import type { Migration } from './groups.ts';
import { largestCode } from './rounded-weight.ts';
import { elementsOf } from './scaling/channel-map.ts';
import type { ChannelStatistics, StatisticsOf } from './statistics.ts';

export interface NoiseSpec {
  readonly perChannel: boolean;
  readonly weightBits: number;
  readonly activationBits: number;
}

/** A product: the activation's statistics and the weight, both by input channel. */
export interface Product {
  readonly extremes: ChannelExtremes;
  readonly squares: ChannelSquares;
  /** Extremes of activations that are quantized on the way to this one. */
  readonly carried: readonly ChannelExtremes[];
  /** Elements of (some output channels of) the weight. */
  readonly weight: Float32Array;
  /** The input channel of each. */
  readonly inputs: Int32Array;
  /** Which scale each has: that of its output channel, or one for all. */
  readonly scales: Int32Array;
  readonly scaleCount: number;
  /** [size] largest magnitude in the whole weight for each input channel. */
  readonly weightMax: Float64Array;
}

/** Of larger weights a part of the output channels stands for all. */
const MOST_ELEMENTS = 1 << 18;

/** Null when the weight has no output channels. */
export function productOf(
  { node, weight, map, size }: Contraction,
  { extremes, squares }: ChannelStatistics,
  carried: readonly ChannelExtremes[],
  perChannel: boolean,
): Product | null {
  const tensor = node.constant(weight);
  const axis = channelAxis(node, weight);
  if (!tensor || axis === null) return null;
  const values = floatsOf(tensor);
  const inputs = elementsOf(map, tensor.dims);
  const { channels, inner } = channelLayout(tensor.dims, axis);
  const weightMax = new Float64Array(size);
  for (let i = 0; i < values.length; i++) {
    const input = inputs[i] as number;
    const magnitude = Math.abs(values[i] as number);
    if (input >= 0 && magnitude > (weightMax[input] as number)) weightMax[input] = magnitude;
  }
  const step = Math.ceil(values.length / MOST_ELEMENTS);
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const kept = Int32Array.from({ length: values.length }, (_, i) => i).filter(
    (i) => channelOf(i) % step === 0,
  );
  return {
    extremes,
    squares,
    carried,
    weight: Float32Array.from(kept, (i) => values[i] as number),
    inputs: Int32Array.from(kept, (i) => inputs[i] as number),
    scales: Int32Array.from(kept, (i) => (perChannel ? Math.floor(channelOf(i) / step) : 0)),
    scaleCount: perChannel ? Math.ceil(channels / step) : 1,
    weightMax,
  };
}

/**
 * Expected squared error of `(x / s) (s W)` with both factors quantized, summed over rows and outputs: rounding errors
 * are independent, so that each element of W adds `(s w)^2 Var(x / s)` and `(x / s)^2 Var(s w)`. The error of the weight
 * is that of its codes; that of an activation is uniform, step^2 / 12, and never more than the activation itself.
 * @param factors [size]
 */
export function noiseOf(product: Product, factors: Float64Array, spec: NoiseSpec): number {
  const { weight, inputs, scales, scaleCount } = product;
  const levels = largestCode(spec.weightBits);
  const steps = new Float64Array(scaleCount);
  for (let i = 0; i < weight.length; i++) {
    const magnitude = Math.abs(weight[i] as number) * factorOf(factors, inputs[i] as number);
    if (magnitude > (steps[scales[i] as number] as number)) steps[scales[i] as number] = magnitude;
  }
  for (let c = 0; c < scaleCount; c++) steps[c] = (steps[c] as number) / levels || 1;
  const { power, error } = activationPower(product, factors, spec.activationBits);
  let noise = 0;
  for (let i = 0; i < weight.length; i++) {
    const input = inputs[i] as number;
    if (input < 0) continue;
    const scaled = (weight[i] as number) * (factors[input] as number);
    const step = steps[scales[i] as number] as number;
    const off = scaled - Math.round(scaled / step) * step;
    noise += scaled * scaled * (error[input] as number) + off * off * (power[input] as number);
  }
  return noise;
}

function factorOf(factors: Float64Array, input: number): number {
  return input < 0 ? 1 : (factors[input] as number);
}

/** For each channel of x / s: the sum of squares, and that of its quantization error. */
function activationPower(
  { extremes, squares, carried }: Product,
  factors: Float64Array,
  bits: number,
): { power: Float64Array; error: Float64Array } {
  const steps = [extremes, ...carried].map((each) => stepOf(each, factors, bits));
  const uniform = (squares.count * steps.reduce((sum, step) => sum + step * step, 0)) / 12;
  const power = squares.squares.map((sum, k) => sum / (factors[k] as number) ** 2);
  return { power, error: power.map((own) => Math.min(own, uniform)) };
}

/** The distance of two codes of x / s, with one scale for all channels. */
function stepOf({ min, max }: ChannelExtremes, factors: Float64Array, bits: number): number {
  let [low, high] = [0, 0];
  for (let k = 0; k < factors.length; k++) {
    const factor = factors[k] as number;
    low = Math.min(low, (min[k] as number) / factor);
    high = Math.max(high, (max[k] as number) / factor);
  }
  return (high - low) / (2 ** bits - 1);
}

/** The products of a group; those that no sample reached are missing. */
export function productsOf(
  { contractions, carriers }: Pick<Migration, 'contractions' | 'carriers'>,
  statistics: StatisticsOf,
  perChannel: boolean,
): Product[] {
  const carried = carriers.flatMap((each) => statistics(each)?.extremes ?? []);
  return contractions.flatMap((each) => {
    const own = statistics(each);
    return (own && productOf(each, own, carried, perChannel)) ?? [];
  });
}
