/** What rounding by data did, in words. */
import { groupBy } from './group-by.ts';
import type { RoundedMatrix } from './round-matrices.ts';

/** Of one matrix: `gptq: error 0.031 % (nearest 0.12 %)`. */
export function roundedText({ method, error, nearest, reason }: RoundedMatrix): string {
  const why = reason === null ? '' : `, ${reason}`;
  if (error === null || nearest === null) return `${method}${why}`;
  if (method === 'nearest') return `nearest: error ${percent(error)}${why}`;
  return `${method}: error ${percent(error)} (nearest ${percent(nearest)})${why}`;
}

/** Of all of them together. */
export function roundingSummary(results: ReadonlyMap<string, RoundedMatrix>): string[] {
  const lines: string[] = [];
  const groups = groupBy(results.values(), ({ method, reason }) => `${method}|${reason ?? ''}`);
  for (const group of groups.values()) {
    const [{ method, reason } = { method: '', reason: null }] = group;
    const count = `${group.length} ${group.length === 1 ? 'layer' : 'layers'}`;
    const ratios = group.flatMap(({ error, nearest }) =>
      error && nearest ? [Math.log(error / nearest)] : [],
    );
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length);
    if (reason !== null) lines.push(`rounding: ${method} for ${count}: ${reason}`);
    else if (ratios.length > 0)
      lines.push(`rounding: ${method} for ${count}, with ${mean.toFixed(2)}x the squared error of nearest`);
  }
  return lines;
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}
