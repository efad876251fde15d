import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import { busyMachine, type Machine } from '../../src/bench/busy.ts';

/** A machine whose processors were busy for the given share of the time between two looks. */
function machine(load: number, cores: number, share: number): Machine {
  let looks = 0;
  return {
    load: () => load,
    times: () => {
      const total = 1000 + 100 * looks++;
      return Array.from({ length: cores }, () => ({ total, idle: 500 + (total - 1000) * (1 - share) }));
    },
  };
}

describe('a busy machine', () => {
  it.each([
    [11, 2, 1, 'the machine is busy (load 11 on 2 cores): latencies mean little'],
    [1.25, 2, 0.8, 'the machine is busy (load 1.3 on 2 cores): latencies mean little'],
    [4, 1, 0.6, 'the machine is busy (load 4.0 on 1 core): latencies mean little'],
  ])('of load %d on %d cores, %d of them at work, is told', async (load, cores, share, text) => {
    expect(await busyMachine(machine(load, cores, share))).toBe(text);
  });

  it.each([
    ['that is idle', 0.2, 2, 0],
    ['that has work for half of its cores', 4, 8, 0.5],
    ['whose work has just ended', 11, 2, 0.1],
    ['that tells no load', 0, 4, 1],
    ['that tells nothing', 11, 0, 1],
  ])('%s is none', async (_, load, cores, share) => {
    expect(await busyMachine(machine(load, cores, share))).toBeNull();
  });

  it('is judged by the numbers of this one unless told otherwise', async () => {
    const told = await busyMachine();
    if (told !== null) expect(told).toContain(`on ${cpus().length} core`);
  });
});
