import { describe, expect, it } from 'vitest';
import { interleave } from '../../src/bench/latency.ts';

/** Contestants that take fixed times on a clock of their own, and a log of who ran. */
function stage(...times: number[]) {
  let now = 0;
  const log: string[] = [];
  const contestants = times.map((time, index) => async (round: number) => {
    log.push(`${'abc'[index]}${round}`);
    now += time;
  });
  return { log, contestants, clock: () => now };
}

describe('interleaved timing', () => {
  it('takes turns, the first place moving on by one each round', async () => {
    const { log, contestants, clock } = stage(50, 60, 70);
    const samples = await interleave(contestants, { runs: 4, clock });
    expect(log.slice(-12).join(' ')).toBe('a0 b0 c0 b1 c1 a1 c2 a2 b2 a3 b3 c3');
    expect(samples.map((list) => [...list])).toEqual([
      Array(4).fill(50),
      Array(4).fill(60),
      Array(4).fill(70),
    ]);
  });

  it('runs quick models once untimed before each timed run', async () => {
    const { log, contestants, clock } = stage(1, 100);
    const [quick] = await interleave(contestants, { runs: 2, clock });
    expect(log.slice(-6).join(' ')).toBe('a0 a0 b0 b1 a1 a1');
    expect(quick).toHaveLength(2);
  });

  it('warms every model up before any is timed', async () => {
    const { log, contestants, clock } = stage(50, 60);
    await interleave(contestants, { runs: 1, warmup: 2, clock });
    expect(log.join(' ')).toBe('a0 a1 b0 b1 a0 b0');
  });

  it('warms up until it gets no quicker, or until three seconds are gone', async () => {
    const even = stage(30);
    await interleave(even.contestants, { runs: 1, clock: even.clock });
    expect(even.log).toHaveLength(11);
    const slow = stage(2000);
    await interleave(slow.contestants, { runs: 1, clock: slow.clock });
    expect(slow.log).toHaveLength(3);
    let [now, runs] = [0, 0];
    // Quicker for 40 runs, as code is that gets compiled meanwhile.
    const warming = async () => {
      now += Math.max(30, 70 - runs++);
    };
    const [samples] = await interleave([warming], { runs: 3, clock: () => now });
    expect([...(samples ?? [])]).toEqual([30, 30, 30]);
  });

  it('spends about the time it is given', async () => {
    const { contestants, clock } = stage(30, 30);
    const [a] = await interleave(contestants, { timeMs: 3000, clock });
    expect(a?.length).toBe(100);
  });

  it('takes ten rounds of slow models, and three of very slow ones', async () => {
    const slow = stage(400);
    expect((await interleave(slow.contestants, { timeMs: 1000, clock: slow.clock }))[0]).toHaveLength(10);
    const slower = stage(4000);
    expect((await interleave(slower.contestants, { timeMs: 1000, clock: slower.clock }))[0]).toHaveLength(3);
  });

  it('never takes more than 2,000 rounds', async () => {
    const { contestants, clock } = stage(0);
    expect((await interleave(contestants, { timeMs: 1000, clock }))[0]).toHaveLength(2000);
  });

  it('reports progress that never goes back and ends at one', async () => {
    const { contestants, clock } = stage(30, 50);
    const shares: number[] = [];
    await interleave(contestants, { timeMs: 500, clock, onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it('stops between two runs when interrupted', async () => {
    const { log, contestants, clock } = stage(50);
    const abort = new AbortController();
    const stopper = async (round: number) => {
      await contestants[0]?.(round);
      if (log.length === 5) abort.abort(new Error('stop'));
    };
    await expect(interleave([stopper], { runs: 100, clock, signal: abort.signal })).rejects.toThrow('stop');
    expect(log).toHaveLength(5);
  });
});
