/** Whether so many processes of a model fit into memory: finding out by trying may take the machine down. */
import { freemem } from 'node:os';
import { LlmcError } from '../errors.ts';
import { formatBytes } from '../report/units.ts';
import type { Subject } from './subject.ts';

/** What a process takes that nobody measured: the file is read, its weights are packed again. */
const TIMES_FILE = 2;
const NODE_BYTES = 60e6;
/** Above this share of what is free it gets tight. */
const TIGHT = 0.8;

export interface Room {
  /** Bytes that processes may still take. */
  readonly free: number;
  warn(text: string): void;
}

/** What this process and its children may still take. */
export function freeMemory(): number {
  // Since Node 20.13; minds the limit of a control group.
  const { availableMemory } = process as { availableMemory?: () => number };
  return Math.min(freemem(), availableMemory?.() ?? Infinity);
}

/** @param peaks measured bytes of a process for each model; LlmcError UNSUPPORTED where they do not fit */
export function requireRoom(
  subjects: readonly Subject[],
  peaks: readonly (number | null | undefined)[],
  most: number,
  { free, warn }: Room,
): void {
  for (const [index, { name, bytes }] of subjects.entries()) {
    const each = peaks[index] ?? TIMES_FILE * bytes + NODE_BYTES;
    const need = `${most} process${most === 1 ? '' : 'es'} of ${name} take${most === 1 ? 's' : ''} about ${formatBytes(most * each)} of memory, ${formatBytes(free)} are free`;
    if (most * each > free) {
      const fit = Math.floor(free / each);
      throw new LlmcError('UNSUPPORTED', need, {
        hint: fit > 0 ? `${fit} would fit: --concurrency ${fit}` : 'leave out --concurrency',
      });
    }
    if (most * each > TIGHT * free) warn(`${need}: times are too long where memory is swapped`);
  }
}
