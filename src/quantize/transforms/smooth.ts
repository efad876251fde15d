/**
 * SmoothQuant (Xiao et al. 2022, arXiv 2211.10438): factors s_j = max|X_j|^a / max|W_j|^(1-a), section 4, divide the
 * activation and multiply the weights, so that both can be quantized. The strength a is searched for each group.
 */
import type { Contraction } from './contractions.ts';
import { type NoiseSpec, noiseOf, type Product } from './noise.ts';

export interface Smoothing {
  readonly alpha: number;
  /** [size] what the activation is divided by. */
  readonly factors: Float64Array;
  /** Predicted squared error of the products as they are and with the factors. */
  readonly before: number;
  readonly after: number;
}

/** What is smoothed together, by contraction. */
export type Products = ReadonlyMap<Contraction, Product>;

const ALPHAS = Array.from({ length: 21 }, (_, index) => index / 20);
/** Bounds of factors: beyond, float32 products would lose digits. */
const [LEAST, MOST] = [2 ** -16, 2 ** 16];

/** The strength with the least predicted error. */
export function searchSmoothing(products: readonly Product[], size: number, spec: NoiseSpec): Smoothing {
  const noise = (factors: Float64Array): number =>
    products.reduce((sum, product) => sum + noiseOf(product, factors, spec), 0);
  const before = noise(new Float64Array(size).fill(1));
  let best: Smoothing | null = null;
  for (const alpha of ALPHAS) {
    const factors = smoothingFactors(products, size, alpha);
    const after = noise(factors);
    if (!best || after < best.after) best = { alpha, factors, before, after };
  }
  return best ?? { alpha: 0, factors: new Float64Array(size).fill(1), before, after: before };
}

/** Equation 4, with the geometric mean 1; 1 for channels that are always zero or that no weight reads. */
export function smoothingFactors(products: readonly Product[], size: number, alpha: number): Float64Array {
  const factors = new Float64Array(size);
  let [logs, count] = [0, 0];
  for (let k = 0; k < size; k++) {
    let [activation, weight] = [0, 0];
    for (const { extremes, weightMax } of products) {
      activation = Math.max(activation, extremes.max[k] as number, -(extremes.min[k] as number));
      weight = Math.max(weight, weightMax[k] as number);
    }
    if (!(activation > 0) || !(weight > 0)) continue;
    factors[k] = activation ** alpha / weight ** (1 - alpha);
    logs += Math.log(factors[k] as number);
    count++;
  }
  const mean = count === 0 ? 1 : Math.exp(logs / count);
  return factors.map((factor) => (factor === 0 ? 1 : Math.min(MOST, Math.max(LEAST, factor / mean))));
}

/** Decibels of noise that a smoothing takes away. */
export function gainDb({ before, after }: Smoothing): number {
  return before > 0 && after > 0 ? 10 * Math.log10(before / after) : 0;
}
