/** Loaded into a measured process (`node --import`): at its end writes the largest memory it held to a file. */
import { readFileSync, writeFileSync } from 'node:fs';

const target = process.env.LLMC_PEAK_FILE;
if (target) process.on('exit', () => writeFileSync(target, String(peakBytes())));

function peakBytes() {
  try {
    // Not getrusage: a child inherits the peak of the process that started it.
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
