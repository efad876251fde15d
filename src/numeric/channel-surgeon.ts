/**
 * Optimal brain surgeon for channels: which channels can be taken out of X W at least cost when the others take over, and
 * how they take over (Hassibi and Stork 1993; for structures: Kurtic et al. 2023, ZipLM, section 3.1).
 */

/** Damping as a share of the mean diagonal: directions below it are noise. */
const DAMPING = 1e-4;

/** What one reader of the channels knows. */
export interface SurgeonLayer {
  /** [size, size]: products of positions over data. */
  readonly products: Float64Array;
  readonly size: number;
  /** [size]: the channel of each position, or -1 for positions that stay. */
  readonly channels: Int32Array;
  /** [size, outputs]: the weights that multiply each position. */
  readonly weights: Float64Array;
  readonly outputs: number;
}

/** The inverse of a symmetric positive definite matrix by Gauss-Jordan, damped; overwrites a copy. */
export function dampedInverse(products: Float64Array, size: number): Float64Array {
  let trace = 0;
  for (let at = 0; at < size; at++) trace += products[at * size + at] as number;
  const damping = (DAMPING * trace) / size || 1;
  const a = Float64Array.from(products);
  for (let at = 0; at < size; at++) a[at * size + at] = (a[at * size + at] as number) + damping;
  for (let pivot = 0; pivot < size; pivot++) sweep(a, size, pivot);
  // Sweeping all pivots gives minus the inverse.
  for (let at = 0; at < a.length; at++) a[at] = -(a[at] as number);
  return a;
}

/** The sweep operator on one pivot of a symmetric matrix (Goodnight 1979). */
function sweep(a: Float64Array, size: number, pivot: number): void {
  const d = a[pivot * size + pivot] as number;
  const row = Float64Array.from(a.subarray(pivot * size, pivot * size + size));
  for (let i = 0; i < size; i++) {
    if (i === pivot) continue;
    const factor = (row[i] as number) / d;
    if (factor === 0) continue;
    const from = i * size;
    for (let j = 0; j < size; j++) a[from + j] = (a[from + j] as number) - factor * (row[j] as number);
    a[from + pivot] = factor;
  }
  for (let j = 0; j < size; j++) a[pivot * size + j] = (row[j] as number) / d;
  a[pivot * size + pivot] = -1 / d;
}

interface Working {
  readonly layer: SurgeonLayer;
  readonly inverse: Float64Array;
  readonly weights: Float64Array;
  readonly positions: readonly (readonly number[])[];
  readonly energy: number;
}

/**
 * The order in which channels go and what each costs: the error it adds to what the layers put out, as a share of their
 * energy, summed over layers, when those that are left take over as well as they can.
 * @returns for each channel its cost; costs only rise in the order of leaving
 */
export function surgeonCosts(layers: readonly SurgeonLayer[], count: number): Float64Array {
  const working = layers.map((layer): Working => {
    const positions = Array.from({ length: count }, (): number[] => []);
    for (const [at, channel] of layer.channels.entries()) if (channel >= 0) positions[channel]?.push(at);
    return {
      layer,
      inverse: dampedInverse(layer.products, layer.size),
      weights: Float64Array.from(layer.weights),
      positions,
      energy: energyOf(layer) || 1,
    };
  });
  const costs = new Float64Array(count);
  const left = new Set(Array.from({ length: count }, (_, channel) => channel));
  let floor = 0;
  while (left.size > 0) {
    let [best, least] = [-1, Number.POSITIVE_INFINITY];
    for (const channel of left) {
      let cost = 0;
      for (const each of working) cost += lossOf(each, each.positions[channel] ?? []) / each.energy;
      if (cost < least) [best, least] = [channel, cost];
    }
    // NaN everywhere: what is left goes in order.
    if (best < 0) best = [...left][0] as number;
    left.delete(best);
    floor = Math.max(floor * (1 + 1e-12) + 1e-300, Number.isFinite(least) ? least : floor);
    costs[best] = floor;
    for (const each of working) for (const position of each.positions[best] ?? []) remove(each, position);
  }
  return costs;
}

/** tr(W^T G W): the energy of what the layer puts out. */
function energyOf({ products, size, weights, outputs }: SurgeonLayer): number {
  let sum = 0;
  const column = new Float64Array(size);
  for (let out = 0; out < outputs; out++) {
    for (let at = 0; at < size; at++) column[at] = weights[at * outputs + out] as number;
    for (let i = 0; i < size; i++) {
      const own = column[i] as number;
      if (own === 0) continue;
      let product = 0;
      for (let j = 0; j < size; j++) product += (products[i * size + j] as number) * (column[j] as number);
      sum += own * product;
    }
  }
  return sum;
}

/** Squared norm of the weights of a position over its diagonal of the inverse; of several, one after the other. */
function lossOf(
  { inverse, weights, layer: { size, outputs } }: Working,
  positions: readonly number[],
): number {
  let loss = 0;
  for (const position of positions) {
    let square = 0;
    for (let out = 0; out < outputs; out++) square += (weights[position * outputs + out] as number) ** 2;
    loss += square / (inverse[position * size + position] as number);
  }
  return loss;
}

/** Takes a position out: the others take over its weights, and the inverse becomes that without it. */
function remove({ inverse, weights, layer: { size, outputs } }: Working, position: number): void {
  const d = inverse[position * size + position] as number;
  const row = inverse.slice(position * size, position * size + size);
  if (!(d > 0)) return;
  const gone = weights.slice(position * outputs, position * outputs + outputs);
  for (let i = 0; i < size; i++) {
    const factor = (row[i] as number) / d;
    if (factor === 0) continue;
    for (let out = 0; out < outputs; out++)
      weights[i * outputs + out] = (weights[i * outputs + out] as number) - factor * (gone[out] as number);
    for (let j = 0; j < size; j++)
      inverse[i * size + j] = (inverse[i * size + j] as number) - factor * (row[j] as number);
  }
  // A unit on the diagonal keeps what is gone out of every later step.
  inverse[position * size + position] = 1;
}
