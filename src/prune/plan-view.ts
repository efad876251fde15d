/** Groups as --dry-run shows them. */
import type { FrozenWeight } from './coupling/frozen-weights.ts';

export interface MemberView {
  /** Name of the tensor. */
  readonly tensor: string;
  readonly axis: number;
  readonly parameter: boolean;
}

export interface GroupView {
  readonly id: string;
  readonly kind: string;
  readonly size: number;
  /** Channels left by the plan; the size where nothing goes. */
  readonly left: number;
  readonly members: readonly MemberView[];
  /** Counts of channels in ten equal steps from the least to the largest importance; null without one. */
  readonly histogram: readonly number[] | null;
  readonly least: number | null;
  readonly largest: number | null;
  /** Why none of it can be cut, or null. */
  readonly frozen: string | null;
}

const BINS = 10;

/** Counts of scores in equal steps. */
export function histogramOf(scores: Float64Array): Pick<GroupView, 'histogram' | 'least' | 'largest'> {
  const finite = [...scores].filter(Number.isFinite);
  const least = Math.min(...finite);
  const largest = Math.max(...finite);
  if (finite.length === 0) return { histogram: null, least: null, largest: null };
  const histogram = new Array<number>(BINS).fill(0);
  for (const score of finite) {
    const bin =
      largest > least ? Math.min(BINS - 1, Math.floor(((score - least) / (largest - least)) * BINS)) : 0;
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  }
  return { histogram, least, largest };
}

const BARS = ' ▁▂▃▄▅▆▇█';

/** A histogram in one line, one character a step. */
export function sparkline(histogram: readonly number[]): string {
  const most = Math.max(...histogram, 1);
  return histogram.map((count) => BARS[count === 0 ? 0 : 1 + Math.round((count / most) * 7)]).join('');
}

/** All groups for people: what can be cut first, then what cannot, then weights that are in no group. */
export function groupsText(
  groups: readonly GroupView[],
  weights: readonly FrozenWeight[] = [],
  members = 4,
): string {
  const free = groups.filter(({ frozen }) => frozen === null);
  const lines: string[] = [`${free.length} of ${groups.length} groups can be cut`, ''];
  for (const { id, kind, size, left, members: all, histogram } of free) {
    const cut = left < size ? `${size} -> ${left}` : `${size}`;
    lines.push(`${id}  ${kind} ${cut}${histogram ? `  importance [${sparkline(histogram)}]` : ''}`);
    const own = all.filter(({ parameter }) => parameter);
    const names = own.slice(0, members).map(({ tensor, axis }) => `${tensor}:${axis}`);
    const more = all.length - names.length;
    lines.push(`    ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
  }
  const frozen = groups.filter((group) => group.frozen !== null);
  if (frozen.length > 0) lines.push('', 'cannot be cut:');
  for (const { id, size, frozen: reason } of frozen) lines.push(`${id}  ${size}: ${reason}`);
  if (weights.length > 0) lines.push('', 'weights in no group:');
  for (const { tensor, dims, reason } of weights) lines.push(`${tensor}  [${dims.join(', ')}]: ${reason}`);
  return `${lines.join('\n')}\n`;
}
