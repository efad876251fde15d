import { describe, expect, it } from 'vitest';
import { drift } from '../../src/bench/drift.ts';
import { speedup } from '../../src/bench/speedup.ts';
import { latencyRecord } from '../../src/bench/timing.ts';
import { normal } from '../../src/random.ts';
import { modelNames } from '../../src/report/model-names.ts';

/** Times around `base` with 5 % noise, on a machine that becomes three times slower halfway. */
function times(base: number, seed: number, rounds = 100): Float64Array {
  const next = normal(seed);
  return Float64Array.from(
    { length: rounds },
    (_, i) => base * (i < rounds / 2 ? 1 : 3) * Math.exp(0.05 * next()),
  );
}

/** Ten sittings, in each of which a model is quicker or slower by chance, whatever the rounds say. */
function sittings(base: number, seed: number, { chance = 0.01, spoiled = 0 } = {}) {
  const next = normal(seed);
  const starts = Array.from({ length: 10 }, (_, i) => i * 20);
  const places = starts.map((_, i) => (i === 0 && spoiled ? spoiled : Math.exp(chance * next())));
  const samples = Float64Array.from({ length: 200 }, (_, i) => {
    return base * (places[Math.floor(i / 20)] as number) * Math.exp(0.03 * next());
  });
  return { samples, starts };
}

const verdictOf = (before: number, after: number, seed: number, options = {}) => {
  const [one, two] = [sittings(before, 2 * seed), sittings(after, 2 * seed + 1, options)];
  return speedup(one.samples, two.samples, one, seed).verdict;
};

describe('speed-up', () => {
  it('sees through a machine that slows down', () => {
    const { estimate, low, high, verdict } = speedup(times(10, 1), times(9, 2), { starts: [0] }, 0);
    expect(verdict).toBe('faster');
    expect(low).toBeLessThanOrEqual(estimate);
    expect(high).toBeGreaterThanOrEqual(estimate);
    expect(Math.abs(estimate - 10 / 9)).toBeLessThan(0.03);
    expect(speedup(times(9, 3), times(10, 4), { starts: [0] }, 0).verdict).toBe('slower');
  });

  it('finds no difference between equals in 95 of 100 trials and more', () => {
    let wrong = 0;
    for (let trial = 0; trial < 100; trial++)
      if (
        speedup(times(10, 2 * trial), times(10, 2 * trial + 1), { starts: [0] }, trial).verdict !==
        'no difference'
      )
        wrong++;
    // An interval misses in 2 of 100 trials; eight is four standard deviations above.
    expect(wrong).toBeLessThan(8);
  });

  it('does not take the place of a model in memory for its speed', () => {
    let wrong = 0;
    for (let trial = 0; trial < 100; trial++) if (verdictOf(10, 10, trial) !== 'no difference') wrong++;
    expect(wrong).toBeLessThan(8);
  });

  it('finds five percent nearly always, also where one sitting was spoiled', () => {
    let [found, despite] = [0, 0];
    for (let trial = 0; trial < 100; trial++) {
      if (verdictOf(10, 10.5, trial) === 'slower') found++;
      if (verdictOf(10, 10.5, trial, { spoiled: 0.6 }) === 'slower') despite++;
    }
    expect(found).toBeGreaterThanOrEqual(95);
    expect(despite).toBeGreaterThanOrEqual(75);
  });

  it('is that of each input, not of the quickest', () => {
    // Twice as fast on the short input, half as fast on the long one.
    const before = Float64Array.from({ length: 80 }, (_, i) => (i % 2 ? 20 : 2));
    const after = Float64Array.from({ length: 80 }, (_, i) => (i % 2 ? 40 : 1));
    expect(speedup(before, after, { starts: [0, 40], inputs: 2 }, 0).estimate).toBeCloseTo(1, 9);
  });

  it('knows nothing from one round', () => {
    const { low, high, verdict } = speedup(Float64Array.of(3), Float64Array.of(1), { starts: [0] }, 0);
    expect(verdict).toBe('no difference');
    expect(low).toBeCloseTo(0.03, 9);
    expect(high).toBeCloseTo(300, 6);
  });
});

describe('drift', () => {
  const paced = (pace: (share: number) => number, seed: number) =>
    [4, 9].map((base) => {
      const next = normal(seed + base);
      return Float64Array.from({ length: 120 }, (_, i) => base * pace(i / 120) * Math.exp(0.05 * next()));
    });

  it('is a machine that gets slower or faster all the time', () => {
    expect(drift(paced((share) => 1 + share, 1))).toMatch(/^the machine became \d\d % slower/);
    expect(drift(paced((share) => 2 - share, 1))).toMatch(/^the machine became \d\d % faster/);
  });

  it('is not noise, a disturbed spell, or too few rounds', () => {
    for (let seed = 0; seed < 50; seed++) expect(drift(paced(() => 1, seed))).toBeNull();
    expect(drift(paced((share) => (share > 0.4 && share < 0.6 ? 3 : 1), 1))).toBeNull();
    expect(drift([Float64Array.of(1, 2, 3, 4)])).toBeNull();
  });
});

describe('latency records', () => {
  it('hold percentiles between the extremes, and rows per second', () => {
    const { latencyMs, throughput } = latencyRecord({
      samples: Float64Array.of(4, 1, 3, 2, 5),
      rows: 8,
      runsPerSample: 1,
    });
    expect(latencyMs).toMatchObject({ min: 1, p50: 3, mean: 3, max: 5, samples: 5 });
    expect(latencyMs.p90).toBeCloseTo(4.6, 12);
    expect(latencyMs.p99).toBeGreaterThan(latencyMs.p95);
    expect(throughput).toBeCloseTo(8000 / 3, 9);
  });
});

describe('model names', () => {
  it.each([
    [
      ['a.onnx', 'b.onnx'],
      ['a.onnx', 'b.onnx'],
    ],
    [
      ['x/m.onnx', 'y/m.onnx', 'z.onnx'],
      ['x/m.onnx', 'y/m.onnx', 'z.onnx'],
    ],
    [
      ['p/x/m.onnx', 'q/x/m.onnx'],
      ['p/x/m.onnx', 'q/x/m.onnx'],
    ],
    [
      ['m.onnx', 'm.onnx'],
      ['m.onnx', 'm.onnx (2)'],
    ],
    [
      ['/m.onnx', '/x/m.onnx'],
      ['m.onnx', 'x/m.onnx'],
    ],
  ])('of %j', (paths, names) => {
    const found = modelNames(paths);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(names);
  });
});
