import { describe, expect, it } from 'vitest';
import { clockResolution, runsPerSample } from '../../src/bench/clock.ts';
import { interleave } from '../../src/bench/latency.ts';

/** A clock that shows whole multiples of `tick`, of a time that goes on by itself with every look. */
function coarse(tick: number, look = 0) {
  const time = { now: 0 };
  const clock = () => {
    time.now += look;
    return Math.floor(time.now / tick) * tick;
  };
  return { time, clock };
}

describe('the resolution of a clock', () => {
  it('is its tick', () => {
    for (const tick of [0.5, 15.625]) expect(clockResolution(coarse(tick, 0.01).clock)).toBe(tick);
  });

  it('is nothing for one that stands still', () => {
    expect(clockResolution(() => 7)).toBe(0);
  });

  it('is much less than a millisecond here', () => {
    const found = clockResolution(() => performance.now());
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(0.1);
  });
});

describe('runs per sample', () => {
  it('fill a hundred ticks, as few as will do', async () => {
    for (const long of [0.001, 0.02, 0.3, 0.99, 1, 50]) {
      const { time, clock } = coarse(0.01);
      const runs = await runsPerSample(async (count) => {
        const start = clock();
        time.now += count * long;
        return clock() - start;
      }, 0.01);
      if (long >= 1.01) expect(runs).toBe(1);
      expect(runs * long).toBeGreaterThan(0.98);
      expect((runs - 1) * long).toBeLessThan(1.3);
    }
  });

  it('end somewhere where the clock never moves', async () => {
    expect(await runsPerSample(async () => 0, 1)).toBeLessThan(10_000);
  });
});

describe('short runs', () => {
  const contest = async (resolution: number) => {
    const { time, clock } = coarse(1);
    const found: number[] = [];
    const run = (long: number) => async () => {
      time.now += long;
    };
    const samples = await interleave([run(0.25), run(0.3)], {
      runs: 40,
      resolution,
      clock,
      onShort: (count) => found.push(count),
    });
    const means = samples.map((list) => list.reduce((sum, value) => sum + value, 0) / list.length);
    return { samples, means, found };
  };

  it('are told apart by a clock that is too coarse for one of them', async () => {
    const { samples, means, found } = await contest(1);
    expect(found).toHaveLength(1);
    expect(found[0]).toBeGreaterThanOrEqual(400);
    expect(Math.abs((means[0] as number) - 0.25)).toBeLessThan(0.005);
    expect(Math.abs((means[1] as number) - 0.3)).toBeLessThan(0.005);
    for (const value of samples[0] ?? []) expect(Math.abs(value - 0.25)).toBeLessThan(0.005);
  });

  it('are noise without that', async () => {
    const { samples, found } = await contest(0);
    expect(found).toEqual([]);
    expect(new Set(samples[0])).toEqual(new Set([0, 1]));
  });
});
