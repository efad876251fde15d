/** The schemes of quantize, alphabetical; a new one is a file and a line here. */
import type { SchemeName } from '../options.ts';
import { half } from './half.ts';
import { int4 } from './int4.ts';
import { int8 } from './int8.ts';
import { int8Dynamic } from './int8-dynamic.ts';
import { int8Weights } from './int8-weights.ts';
import type { Scheme } from './scheme.ts';

export const SCHEMES: Readonly<Record<Exclude<SchemeName, 'auto'>, Scheme>> = {
  bf16: half,
  fp16: half,
  int4,
  int8,
  'int8-dynamic': int8Dynamic,
  'int8-weights': int8Weights,
};
