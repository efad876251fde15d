/** What a mask may look like: zeros anywhere, or N of every M weights in a row kept. */
import { LlmcError } from '../../errors.ts';

export interface Pattern {
  readonly kept: number;
  readonly of: number;
}

/** Longest run a pattern is over; beyond it there is nothing to gain over zeros anywhere. */
const MOST = 64;

/** `2:4` as a pattern: N of M are kept (Zhou et al. 2021, "Learning N:M fine-grained structured sparse networks", 3.1). */
export function parsePattern(text: string): Pattern | null {
  const match = /^(\d+):(\d+)$/.exec(text);
  return match ? { kept: Number(match[1]), of: Number(match[2]) } : null;
}

/** @throws LlmcError USAGE for patterns that keep everything, nothing, or are no pattern */
export function requirePattern({ kept, of }: Pattern): void {
  if (kept >= 1 && kept < of && of <= MOST) return;
  throw new LlmcError('USAGE', `${kept}:${of} is no pattern that leaves something and takes something`, {
    hint: `N:M keeps N of every M weights, 1 <= N < M <= ${MOST}, e.g. --structure 2:4`,
  });
}
