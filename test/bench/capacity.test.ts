import { describe, expect, it } from 'vitest';
import { planCapacity } from '../../src/bench/capacity.ts';
import { mean, quantile, sorted } from '../../src/numeric/statistics.ts';
import { uniform } from '../../src/random.ts';
import type { ConcurrencyLevel } from '../../src/report/schema-bench.ts';

/** Runs of exactly `ms`. */
function level(workers: number, ms: number, cores: number): ConcurrencyLevel {
  const times = { p50Ms: ms, p90Ms: ms, p99Ms: ms, p995Ms: ms, p99AtMostMs: ms };
  const throughput = (workers * 1000) / ms;
  return {
    ...times,
    workers,
    threads: 1,
    cores,
    requests: 1000,
    seconds: 2,
    throughput,
    throughputLow: throughput,
    throughputHigh: throughput,
  };
}

/** One worker that took these times, ascending. */
function levelOf(times: Float64Array): ConcurrencyLevel {
  const [p99Ms, p995Ms] = [quantile(times, 0.99), quantile(times, 0.995)];
  return { ...level(1, mean(times), 1), p99Ms, p995Ms };
}

/** The p99 of answers where requests arrive at random and wait in one queue. */
function simulate(rate: number, processes: number, service: () => number, random: () => number): number {
  const free = new Float64Array(processes);
  const took: number[] = [];
  for (let now = 0, i = 0; i < 50_000; i++) {
    now += (-1000 / rate) * Math.log(1 - random());
    const next = free.indexOf(Math.min(...free));
    const end = Math.max(now, free[next] as number) + service();
    free[next] = end;
    took.push(end - now);
  }
  return quantile(sorted(took), 0.99);
}

describe('capacity', () => {
  it('serves the rate within the bound, in whole groups, with processes to spare', () => {
    for (const rate of [1, 35, 180, 5000]) {
      const plan = planCapacity('m', [level(1, 10, 1), level(4, 12, 4)], { rate, p99Ms: 60 });
      expect(plan.reason).toBeNull();
      expect(plan.p99Ms).toBeLessThanOrEqual(60);
      expect((plan.processes ?? 0) % (plan.atOnce ?? 0)).toBe(0);
      expect(plan.utilization).toBeLessThan(1);
      expect((plan.processes ?? 0) * (plan.atOnce === 1 ? 100 : 1000 / 12)).toBeGreaterThan(rate);
    }
  });

  it('keeps the bound in a simulated queue, whatever the runs are like', () => {
    const random = uniform(11);
    const shapes: Readonly<Record<string, () => number>> = {
      even: () => 10,
      spread: () => 5 + 10 * random(),
      'with slow ones': () => (random() < 0.02 ? 40 : 9),
      exponential: () => -10 * Math.log(1 - random()),
    };
    for (const [name, service] of Object.entries(shapes))
      for (const [rate, p99Ms] of [
        [60, 90],
        [450, 70],
      ] as const) {
        const times = Float64Array.from({ length: 20_000 }, service).sort();
        const measured = levelOf(times);
        const plan = planCapacity(name, [measured], { rate, p99Ms });
        const p99 = simulate(rate, plan.processes ?? 0, service, random);
        // Quantiles of a simulation scatter by themselves.
        expect([name, p99 <= 1.05 * (plan.p99Ms ?? 0)]).toEqual([name, true]);
        expect(plan.p99Ms).toBeLessThanOrEqual(p99Ms);
      }
  });

  it('takes more for a higher rate and for a tighter bound, and less where others share the queue', () => {
    const cores = (rate: number, p99Ms: number) =>
      planCapacity('m', [level(1, 10, 1)], { rate, p99Ms }).cores as number;
    const rates = [10, 50, 200, 1000].map((rate) => cores(rate, 40));
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(cores(200, 11)).toBeGreaterThan(cores(200, 100));
    expect(cores(1000, 40)).toBeLessThan(10 * cores(100, 40));
  });

  it('chooses the level that takes the fewest cores', () => {
    // Four processes on two cores do more than two, but each run takes longer.
    const levels = [level(2, 20, 2), level(4, 32, 2)];
    expect(planCapacity('m', levels, { rate: 1000, p99Ms: 500 }).atOnce).toBe(4);
    expect(planCapacity('m', levels, { rate: 1000, p99Ms: 30 }).atOnce).toBe(2);
  });

  it('says why nothing will do, and when it is not sure', () => {
    const reason = (p99Ms: number) => planCapacity('m', [level(1, 10, 1)], { rate: 10, p99Ms }).reason;
    expect(reason(9)).toMatch(/no level/);
    expect(planCapacity('m', [{ ...level(1, 10, 1), p995Ms: 13 }], { rate: 10, p99Ms: 12 }).reason).toMatch(
      /waiting/,
    );
    const few = [{ ...level(1, 10, 1), p99AtMostMs: null }];
    expect(planCapacity('m', few, { rate: 10, p99Ms: 30 }).uncertain).toBe(true);
    expect(planCapacity('m', [level(1, 10, 1)], { rate: 10, p99Ms: 30 }).uncertain).toBe(false);
  });
});
