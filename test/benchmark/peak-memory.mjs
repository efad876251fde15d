/** Loaded into a measured process (`node --import`): at its end writes its largest memory and processor time to a file. */
import { readFileSync, writeFileSync } from 'node:fs';

const target = process.env.LLMC_MEASURE_FILE;
if (target)
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(target, JSON.stringify({ peakBytes: peakBytes(), cpuMs: (user + system) / 1000 }));
  });

function peakBytes() {
  try {
    // Not getrusage: a child inherits the peak of the process that started it.
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
