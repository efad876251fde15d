import { describe, expect, it } from 'vitest';
import { erlangC, serversFor, waitQuantile } from '../../src/numeric/erlang.ts';
import { uniform } from '../../src/random.ts';

/** The textbook sum, which overflows for many servers. */
function naiveC(servers: number, load: number): number {
  let [term, sum] = [1, 0];
  for (let k = 0; k < servers; k++) {
    sum += term;
    term *= load / (k + 1);
  }
  const last = (term * servers) / (servers - load);
  return last / (sum + last);
}

describe('Erlang C', () => {
  it('is what the textbook sums up', () => {
    for (const servers of [1, 2, 3, 7, 20])
      for (const share of [0.1, 0.5, 0.9, 0.99])
        expect(erlangC(servers, servers * share)).toBeCloseTo(naiveC(servers, servers * share), 12);
  });

  it('is the load of a single server', () => {
    expect(erlangC(1, 0.37)).toBeCloseTo(0.37, 12);
  });

  it('stays a share with thousands of servers and is one where the load reaches them', () => {
    for (const load of [100, 4000, 4999, 5000, 6000]) {
      const share = erlangC(5000, load);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(erlangC(5000, 5000)).toBe(1);
  });
});

describe('waiting', () => {
  it('is what a simulated queue shows', () => {
    const random = uniform(7);
    const exponential = (average: number) => -Math.log(1 - random()) * average;
    const [servers, load, service] = [3, 2.4, 10];
    const free = new Float64Array(servers);
    const waits: number[] = [];
    for (let now = 0, i = 0; i < 300_000; i++) {
      now += exponential(service / load);
      const next = free.indexOf(Math.min(...free));
      const start = Math.max(now, free[next] as number);
      free[next] = start + exponential(service);
      waits.push(start - now);
    }
    waits.sort((a, b) => a - b);
    const simulated = waits[Math.floor(0.95 * waits.length)] as number;
    expect(Math.abs(simulated / waitQuantile(servers, load, service, 0.05) - 1)).toBeLessThan(0.05);
  });

  it('is over as few servers as will do', () => {
    for (const load of [0.2, 1, 3.7, 40, 900]) {
      const request = { tail: 0.005, most: 20 };
      const servers = serversFor(load, 10, request) as number;
      expect(waitQuantile(servers, load, 10, 0.005)).toBeLessThanOrEqual(20);
      expect(waitQuantile(servers - 1, load, 10, 0.005)).toBeGreaterThan(20);
    }
    expect(serversFor(10, 10, { tail: 0.005, most: 20, limit: 10 })).toBeNull();
  });
});
