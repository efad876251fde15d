/** Tells when other work keeps the machine busy: latencies measured then say little. */
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is asked of the operating system. */
export interface Machine {
  /** Mean number of running processes over the last minute; 0 where the system does not tell. */
  load(): number;
  /** Milliseconds every processor has spent in all and idle since it was started. */
  times(): readonly { readonly total: number; readonly idle: number }[];
}

const thisMachine: Machine = {
  load: () => loadavg()[0] as number,
  times: () =>
    cpus().map(({ times }) => ({
      total: times.user + times.nice + times.sys + times.irq + times.idle,
      idle: times.idle,
    })),
};

/** Above this share of the processors. */
const BUSY = 0.5;
/** The mean of a minute remembers what has ended; this long a look tells whether it goes on. */
const LOOK_MS = 250;

/** Why timing now means little, or null. Nothing of our own may be running meanwhile. */
export async function busyMachine(machine: Machine = thisMachine): Promise<string | null> {
  const load = machine.load();
  const before = machine.times();
  const cores = before.length;
  if (cores === 0 || load <= cores * BUSY) return null;
  await sleep(LOOK_MS);
  const after = machine.times();
  let [total, idle] = [0, 0];
  for (const [index, now] of after.entries()) {
    total += now.total - (before[index]?.total ?? 0);
    idle += now.idle - (before[index]?.idle ?? 0);
  }
  if (total > 0 && 1 - idle / total <= BUSY) return null;
  const shown = load < 10 ? load.toFixed(1) : load.toFixed(0);
  return `the machine is busy (load ${shown} on ${cores} core${cores === 1 ? '' : 's'}): latencies mean little`;
}
