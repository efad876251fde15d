/** Ranges from histograms, each against a slow reference written from its definition. */
import { describe, expect, it } from 'vitest';
import { entropyRange } from '../../src/numeric/entropy-range.ts';
import { folded, type Histogram, total } from '../../src/numeric/histogram.ts';
import { mseRange, squaredError } from '../../src/numeric/mse-range.ts';
import { percentileRange } from '../../src/numeric/percentile-range.ts';
import { normal, uniform } from '../../src/random.ts';

function histogramOf(values: readonly number[], bins: number): Histogram {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const counts = new Float64Array(bins);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { low, high, counts };
}

const bell = normal(3);
const share = uniform(4);
const NORMAL = Array.from({ length: 5000 }, bell);
/** One value in 500 is twenty times as large. */
const TAILED = Array.from({ length: 5000 }, () => bell() * (share() < 0.002 ? 20 : 1));
const POSITIVE = TAILED.map(Math.abs);
/** As hard swish leaves them. */
const LOPSIDED = TAILED.map((x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6);

describe('percentile', () => {
  it.for([
    ['normal', NORMAL],
    ['tailed', TAILED],
    ['positive', POSITIVE],
  ] as const)('%s: keeps the share it says, to a bin', ([, values]) => {
    const histogram = histogramOf(values, 512);
    const bin = (histogram.high - histogram.low) / 512;
    for (const percent of [90, 99, 99.9]) {
      const { min, max } = percentileRange(histogram, percent, false);
      const outside = values.filter((value) => value < min - bin || value > max + bin).length;
      expect(outside).toBeLessThanOrEqual(((100 - percent) / 100) * values.length);
      const tighter = values.filter((value) => value < min + bin || value > max - bin).length;
      expect(tighter).toBeGreaterThan(((100 - percent) / 100) * values.length * 0.4);
    }
  });

  it('keeps everything at 100 percent, and zero always', () => {
    const histogram = histogramOf(TAILED, 512);
    const all = percentileRange(histogram, 100, false);
    expect(all.min).toBeCloseTo(histogram.low, 9);
    expect(all.max).toBeCloseTo(histogram.high, 9);
    expect(percentileRange(histogram, 60, true).min).toBe(-percentileRange(histogram, 60, true).max);
    const far = percentileRange({ low: 5, high: 6, counts: new Float64Array(8).fill(1) }, 50, false);
    expect(far.min).toBe(5);
  });
});

/** Counts merged into `levels` groups and spread again over what was not empty. */
function spread(counts: readonly number[], levels: number): number[] {
  const q = counts.map(() => 0);
  for (let level = 0; level < levels; level++) {
    const from = Math.floor((level * counts.length) / levels);
    const to = Math.floor(((level + 1) * counts.length) / levels);
    const part = counts.slice(from, to);
    const present = part.filter((count) => count > 0).length;
    for (let i = from; i < to; i++)
      if ((counts[i] as number) > 0) q[i] = part.reduce((a, b) => a + b, 0) / present;
  }
  return q;
}

function klDivergence(p: readonly number[], q: readonly number[]): number {
  const [sumP, sumQ] = [p, q].map((all) => all.reduce((a, b) => a + b, 0)) as [number, number];
  if (sumQ === 0) return Infinity;
  return p.reduce((sum, count, i) => {
    const [a, b] = [count / sumP, (q[i] as number) / sumQ];
    if (a === 0) return sum;
    return sum + (b > 0 ? a * Math.log(a / b) : Infinity);
  }, 0);
}

/** The definition, literally: distributions as arrays, every threshold. */
function slowEntropy(
  { low, high, counts: signedCounts }: Histogram,
  codes: number,
  symmetric: boolean,
): number {
  const signed = low < 0 && high > 0;
  const reach = Math.max(-low, high);
  const width = (high - low) / signedCounts.length;
  const counts = Array.from(
    { length: signed ? Math.ceil(reach / width - 1e-9) : signedCounts.length },
    () => 0,
  );
  for (const [at, count] of signedCounts.entries()) {
    const place = Math.floor((Math.abs(low + (at + 0.5) * width) / reach) * counts.length);
    const bin = Math.min(counts.length - 1, place);
    counts[bin] = (counts[bin] as number) + count;
  }
  counts[0] = counts[1] as number;
  let best = { divergence: Infinity, bins: counts.length };
  for (let bins = codes / 2; bins <= counts.length; bins++) {
    const kept = {
      above: (reach * bins) / counts.length,
      below: Math.min((reach * bins) / counts.length, -low, high),
    };
    const part = signed ? kept.above / (kept.above + kept.below) : 1;
    const levels = symmetric ? codes / 2 : Math.floor(codes * part);
    if (levels > bins) continue;
    const p = counts.slice(0, bins);
    const q = spread(p, levels);
    p[bins - 1] = (p[bins - 1] as number) + counts.slice(bins).reduce((a, b) => a + b, 0);
    const divergence = klDivergence(p, q);
    if (divergence < best.divergence - 1e-12) best = { divergence, bins };
  }
  return (reach * best.bins) / counts.length;
}

describe('entropy', () => {
  it.for([
    ['normal', NORMAL],
    ['tailed', TAILED],
    ['positive', POSITIVE],
    ['lopsided', LOPSIDED],
  ] as const)('%s: the threshold of the definition', ([, values]) => {
    const histogram = histogramOf(values, 256);
    for (const symmetric of [true, false]) {
      const threshold = slowEntropy(histogram, 32, symmetric);
      const { min, max } = entropyRange(histogram, 32, symmetric);
      expect(max).toBeCloseTo(Math.min(histogram.high, threshold), 9);
      expect(min).toBeCloseTo(Math.max(histogram.low, -threshold), 9);
    }
  });

  it('keeps more where one end is short, since its codes serve the other', () => {
    const histogram = histogramOf(LOPSIDED, 2048);
    expect(entropyRange(histogram, 256).max).toBeGreaterThan(entropyRange(histogram, 256, true).max);
  });

  it('cuts outliers: it is not minmax', () => {
    const histogram = histogramOf(TAILED, 2048);
    const { max } = entropyRange(histogram, 256);
    expect(max).toBeLessThan(histogram.high / 2);
    expect(max).toBeGreaterThan(2);
  });
});

describe('mse', () => {
  const spec = { type: 'uint8', symmetric: false } as const;

  it.for([
    ['normal', NORMAL],
    ['tailed', TAILED],
    ['positive', POSITIVE],
  ] as const)('%s: no interval of a grid is better by more than a percent', ([, values]) => {
    const histogram = histogramOf(values, 512);
    const found = squaredError(histogram, mseRange(histogram, spec), spec);
    for (let a = 0; a <= 1; a += 0.05)
      for (let b = 0.05; b <= 1; b += 0.05) {
        const interval = { min: a * Math.min(histogram.low, 0), max: b * histogram.high };
        expect(found).toBeLessThanOrEqual(squaredError(histogram, interval, spec) * 1.01);
      }
  });

  /** Mean of (x - its code's value)^2 over the values themselves. */
  function errorOf(values: readonly number[], min: number, max: number, bits: number): number {
    const top = (1 << bits) - 1;
    const scale = (max - min) / top;
    const zero = Math.round(-min / scale);
    const errors = values.map((x) => {
      const code = Math.min(Math.max(Math.round(x / scale) + zero, 0), top);
      return (x - (code - zero) * scale) ** 2;
    });
    return errors.reduce((a, b) => a + b, 0) / values.length;
  }

  it.for([
    ['normal', NORMAL],
    ['tailed', TAILED],
    ['positive', POSITIVE],
  ] as const)('%s: four bits clip, as a search over the values themselves does', ([, values]) => {
    const histogram = histogramOf(values, 2048);
    const low = Math.min(0, histogram.low);
    const found = mseRange(histogram, { type: 'uint4', symmetric: false });
    let least = Infinity;
    for (let a = 0.05; a <= 1; a += 0.05)
      for (let b = 0.05; b <= 1; b += 0.05)
        least = Math.min(least, errorOf(values, a * low, b * histogram.high, 4));
    const own = errorOf(values, found.min, found.max, 4);
    expect(own / least).toBeLessThan(1.05);
    expect(own / errorOf(values, low, histogram.high, 4)).toBeLessThan(0.8);
  });

  it.for([
    ['normal', NORMAL],
    ['tailed', TAILED],
    ['positive', POSITIVE],
    ['lopsided', LOPSIDED],
    ['far from zero', NORMAL.map((x) => 40 + x)],
  ] as const)('%s: the share of the reach that a search bin by bin finds', ([, values]) => {
    for (const bins of [64, 256, 2048])
      for (const type of ['int4', 'int8', 'int16'] as const) {
        const symmetric = { type, symmetric: true } as const;
        const histogram = histogramOf(values, bins);
        const reach = Math.max(-histogram.low, histogram.high);
        let least = Infinity;
        for (let step = 0; step <= 64; step++) {
          const end = (1 - (0.9 * step) / 64) * reach;
          least = Math.min(least, squaredError(histogram, { min: -end, max: end }, symmetric));
        }
        const found = squaredError(histogram, mseRange(histogram, symmetric), symmetric);
        expect(found / least).toBeCloseTo(1, 6);
      }
  });

  it('is never worse than minmax', () => {
    for (const values of [NORMAL, TAILED, POSITIVE])
      for (const symmetric of [true, false]) {
        const histogram = histogramOf(values, 512);
        const own = { type: 'int8', symmetric } as const;
        const whole = { min: histogram.low, max: histogram.high };
        expect(squaredError(histogram, mseRange(histogram, own), own)).toBeLessThanOrEqual(
          squaredError(histogram, whole, own),
        );
      }
  });
});

it('folding keeps every count', () => {
  const histogram = histogramOf(TAILED, 333);
  expect(total(folded(histogram))).toBe(TAILED.length);
  expect(folded(histogram).high).toBe(Math.max(-histogram.low, histogram.high));
});
