/** Losses and durations as people write them. */
import { LlmcError } from '../errors.ts';

/** `1%` or `0.01`, as a share. @throws LlmcError USAGE */
export function parseLoss(given: string, name: string): number {
  const match = /^(\d*\.?\d+)\s*(%?)$/.exec(given.trim());
  const share = Number(match?.[1] ?? Number.NaN) / (match?.[2] ? 100 : 1);
  if (share >= 0 && share < 1) return share;
  throw new LlmcError('USAGE', `${name} "${given}" is no loss that means anything`, {
    hint: `0% to 99%, e.g. ${name} 1%`,
  });
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `10m`, `2h`, or seconds; milliseconds. @throws LlmcError USAGE */
export function parseDuration(given: string, name: string): number {
  const match = /^(\d*\.?\d+)\s*([a-z]*)$/i.exec(given.trim());
  const unit = match?.[2]?.toLowerCase() || 's';
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (match && factor !== undefined && Number(match[1]) > 0) return Number(match[1]) * factor;
  throw new LlmcError('USAGE', `${name} "${given}" is no duration`, { hint: `e.g. ${name} 10m, 90s or 2h` });
}
