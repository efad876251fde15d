import { describe, expect, it } from 'vitest';
import { settle } from '../../src/bench/settle.ts';

/** Runs that take as long as `pace` says at their time; how long they went on. */
async function lasts(pace: (now: number) => number): Promise<number> {
  let now = 0;
  const run = async () => {
    now += pace(now);
  };
  await settle(run, () => now);
  return now;
}

describe('settling', () => {
  it('goes on until code has been compiled, whenever that is', async () => {
    for (const compiled of [300, 1500, 4200]) {
      // Ever more of it is compiled until then.
      const took = await lasts((now) => (now < compiled ? 50 - (40 * now) / compiled : 2));
      expect(took).toBeGreaterThanOrEqual(compiled + 1000);
      expect(took).toBeLessThan(compiled + 3500);
    }
  });

  it('takes two seconds where there is nothing to compile, and two runs of models that take longer', async () => {
    expect(await lasts(() => 10)).toBe(2000);
    expect(await lasts(() => 3000)).toBe(6000);
  });

  it('ends where runs get quicker forever', async () => {
    expect(await lasts((now) => 1000 * 0.9 ** (now / 1000))).toBeLessThan(17_000);
  });
});
