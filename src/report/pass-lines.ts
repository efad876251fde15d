/** What passes did during a step, as one line or as one line per kind of change. */
import type { PassRecord } from './schema.ts';

const KINDS_SHOWN = 4;

/** Nothing, a summary, or with `all` everything: `merge-initializers: merged initializer: 44 (a, b, c, ...)`. */
export function passLines(passes: readonly PassRecord[], all: boolean): string[] {
  if (passes.length === 0) return [];
  if (all) return passes.map(inFull);
  const counts = new Map<string, number>();
  for (const { what, count } of passes) counts.set(what, (counts.get(what) ?? 0) + count);
  const kinds = [...counts].sort(([, a], [, b]) => b - a);
  const shown = kinds.slice(0, KINDS_SHOWN).map(([what, count]) => `${what}: ${count}`);
  const more = kinds.length - shown.length;
  return [`tidied up: ${shown.join(', ')}${more > 0 ? ` and ${more} more kinds` : ''}`];
}

function inFull({ pass, what, count, examples }: PassRecord): string {
  const names = [...examples, ...(count > examples.length && examples.length > 0 ? ['...'] : [])];
  return `${pass}: ${what}: ${count}${names.length > 0 ? ` (${names.join(', ')})` : ''}`;
}
