/** Sums up what a step left alone: one entry per reason, the heaviest first. */
import type { Skipped } from './schema.ts';
import { formatBytes } from './units.ts';

export interface SkippedGroup {
  readonly reason: string;
  readonly items: readonly Skipped[];
  readonly bytes: number;
}

export function groupSkipped(skipped: readonly Skipped[]): SkippedGroup[] {
  const groups = new Map<string, Skipped[]>();
  for (const item of skipped) {
    const alike = groups.get(item.reason);
    if (alike) alike.push(item);
    else groups.set(item.reason, [item]);
  }
  return [...groups]
    .map(([reason, items]) => ({ reason, items: heaviestFirst(items), bytes: totalBytes(items) }))
    .sort((a, b) => b.bytes - a.bytes || b.items.length - a.items.length);
}

export function heaviestFirst(items: readonly Skipped[]): Skipped[] {
  return [...items].sort((a, b) => b.bytes - a.bytes);
}

export function totalBytes(items: readonly Skipped[]): number {
  return items.reduce((sum, item) => sum + item.bytes, 0);
}

/** "1 tensor left as it was (4.1 KB)". */
export function leftAlone(items: readonly Skipped[]): string {
  return `${countKinds(items)} left as ${items.length === 1 ? 'it was' : 'they were'} (${formatBytes(totalBytes(items))})`;
}

/** "1 tensor", "12 tensors"; mixed kinds are "items". */
export function countKinds(items: readonly Skipped[]): string {
  const kinds = new Set(items.map((item) => item.kind));
  const [kind = 'item'] = kinds.size === 1 ? kinds : ['item'];
  return `${items.length} ${kind}${items.length === 1 ? '' : 's'}`;
}
