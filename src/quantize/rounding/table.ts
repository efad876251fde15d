/** The rounding methods, alphabetical; a new one is a file and a line here. */
import { adaround } from './adaround.ts';
import { awq } from './awq.ts';
import { gptq } from './gptq.ts';
import { hqq } from './hqq.ts';
import { kquant } from './kquant.ts';
import type { Rounding } from './method.ts';
import { nearest } from './nearest.ts';

export const ROUNDINGS = { adaround, awq, gptq, hqq, kquant, nearest } as const satisfies Record<
  string,
  Rounding
>;
export type RoundingName = keyof typeof ROUNDINGS;
