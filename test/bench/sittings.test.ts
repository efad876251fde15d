/** Sittings: as many as time allows, each with models opened anew, one where opening is dear. */
import { describe, expect, it } from 'vitest';
import { inSittings, type Stage } from '../../src/bench/sittings.ts';

/** Models with runs of fixed times on a clock of their own. */
function stage(openMs: number, ...times: number[]) {
  const state = { now: 0, opened: 0 };
  const contestants = () =>
    times.map((time) => async () => {
      state.now += time;
    });
  const made: Stage = {
    contestants: contestants(),
    openMs,
    async again() {
      state.opened++;
      state.now += openMs;
      return contestants();
    },
  };
  return { state, stage: made, clock: () => state.now };
}

describe('sittings', () => {
  it('are ten where opening takes little, with about as many rounds each', async () => {
    const { state, stage: made, clock } = stage(10, 2, 3);
    const { samples, starts } = await inSittings(made, { clock });
    expect(starts).toHaveLength(10);
    expect(state.opened).toBe(9);
    const lengths = starts.map((start, i) => (starts[i + 1] ?? samples[0]?.length ?? 0) - start);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(2);
    expect(samples[1]).toHaveLength(samples[0]?.length ?? 0);
    expect(new Set(samples[1])).toEqual(new Set([3]));
  });

  it('is one where opening is dear, or runs are few', async () => {
    for (const [openMs, run, options] of [
      [500, 2, {}],
      [10, 300, {}],
      [1, 2, { runs: 20 }],
    ] as const) {
      const { state, stage: made, clock } = stage(openMs, run);
      const { starts } = await inSittings(made, { ...options, clock });
      expect(starts).toEqual([0]);
      expect(state.opened).toBe(0);
    }
  });

  it('share the runs that were asked for, no more and no less', async () => {
    for (const runs of [1, 7, 63, 100, 205]) {
      const { stage: made, clock } = stage(1, 30);
      expect((await inSittings(made, { runs, clock })).samples[0]).toHaveLength(runs);
    }
  });

  it('report progress that never goes back and ends at one', async () => {
    const shares: number[] = [];
    const { stage: made, clock } = stage(5, 4, 4);
    await inSittings(made, { clock, onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });
});
