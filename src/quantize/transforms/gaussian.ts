/** Moments of normal distributions that are cut off at bounds. */

/** Mean and standard deviation of each channel. */
export interface ChannelMoments {
  /** [channels] */
  readonly mean: Float64Array;
  /** [channels], not negative */
  readonly deviation: Float64Array;
}

/**
 * E[min(max(x, low), high)] for normal x (Nagel et al. 2019, appendix C). Bounds may be infinite.
 * @param deviation not negative; 0 is a constant
 */
export function clippedNormalMean(mean: number, deviation: number, low: number, high: number): number {
  if (!(deviation > 0)) return Math.min(Math.max(mean, low), high);
  const [a, b] = [(low - mean) / deviation, (high - mean) / deviation];
  const [below, above] = [normalBelow(a), normalBelow(-b)];
  const inside = 1 - below - above;
  const edge = (bound: number, share: number): number => (share === 0 ? 0 : bound * share);
  return (
    edge(low, Number.isFinite(low) ? below : 0) +
    edge(high, Number.isFinite(high) ? above : 0) +
    mean * inside +
    deviation * (density(a) - density(b))
  );
}

function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** P(x < z) for standard normal x, to 1e-12. */
function normalBelow(z: number): number {
  if (z === -Infinity) return 0;
  if (z === Infinity) return 1;
  return z > 0 ? 1 - tail(z) : tail(-z);
}

/** P(x > z) for z >= 0: a series near zero, a continued fraction (Abramowitz and Stegun 26.2.14) beyond. */
function tail(z: number): number {
  if (z > 3) {
    let fraction = 0;
    for (let k = 100; k > 0; k--) fraction = k / (z + fraction);
    return density(z) / (z + fraction);
  }
  let [term, sum] = [z, z];
  for (let k = 1; k < 100 && term > 1e-17; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return 0.5 - density(z) * sum;
}
