/** How many candidates are made at the same time. */
import { availableParallelism, freemem } from 'node:os';

const MOST = 4;
/** What making a model takes, in sizes of the model, and beside it. */
const SIZES = 5;
const BESIDE = 300e6;

/** By cores, and by memory: models of gigabytes are made one after the other. */
export function jobsFor(bytes: number): number {
  const fitting = Math.floor((freemem() * 0.6) / (bytes * SIZES + BESIDE));
  return Math.max(1, Math.min(MOST, availableParallelism(), fitting));
}
