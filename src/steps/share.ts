/** Shares as people write them: `50%`, `0.5`, `0.6x`. */
import { LlmcError } from '../errors.ts';

/** `50%` or `0.5`. @throws LlmcError USAGE for anything else */
export function parsePercent(given: string, name: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(given.trim());
  const share = Number(match?.[1] ?? Number.NaN) / (match?.[2] ? 100 : 1);
  if (!(share > 0 && share < 1)) refuse(given, name, '50%');
  return share;
}

/** `0.6x` or `60%`. @throws LlmcError USAGE for anything else */
export function parseMultiple(given: string, name: string): number {
  const match = /^(\d*\.?\d+)\s*x?$/.exec(given.trim());
  if (!match) return parsePercent(given, name);
  const share = Number(match[1]);
  if (!(share > 0 && share < 1)) refuse(given, name, '0.6x');
  return share;
}

function refuse(given: string, name: string, example: string): never {
  throw new LlmcError('USAGE', `${name} "${given}" is no share of the whole`, {
    hint: `between nothing and all of it, e.g. ${name} ${example}`,
  });
}
